import { type Command, InvalidArgumentError } from 'commander';
import { type Access, Kubectl } from './kubectl.ts';

/** The user's kubectl, by the options that every command takes. */
export function kubectlOf(command: Command): Kubectl {
  return new Kubectl(command.optsWithGlobals<Access>());
}

export function seconds(text: string): number {
  const value = Number(text);
  if (!(value >= 0) || text.trim() === '') throw new InvalidArgumentError('It has to be a number of seconds.');
  return value;
}

export function generation(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It has to be a generation, from 1 on.');
  return value;
}

/** Manifests are named by it, wherever a command takes some. */
export function withFilename(command: Command): Command {
  const description = 'a file, a folder, or - for the standard input; may be repeated';
  return command.requiredOption('-f, --filename <file>', description, collected);
}

/** Of an option that may be repeated. */
function collected(text: string, before: string[] = []): string[] {
  return [...before, text];
}
