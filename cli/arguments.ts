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

/** Of an option that may be repeated. */
export function collected(text: string, before: string[] = []): string[] {
  return [...before, text];
}
