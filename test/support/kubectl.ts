import { execa } from 'execa';
import { type StackInfo, stack } from './stack.ts';

type On = Pick<StackInfo, 'kubeconfig' | 'tools'>;

/** Runs the stock kubectl on a stack, the shared one if not told; its answer is what it printed, complaints included. */
export async function kubectl(
  args: string[],
  input?: unknown,
  on: On = stack(),
): Promise<{ ok: boolean; output: string }> {
  const result = await execa(on.tools.kubectl!, [...args, '--kubeconfig', on.kubeconfig], {
    ...(input !== undefined && { input: JSON.stringify(input) }),
    all: true,
    reject: false,
    timeout: 120_000,
  });
  return { ok: result.exitCode === 0, output: result.all };
}

/** Like {@link kubectl}, for what has to work: what it printed. */
export async function mustKubectl(args: string[], input?: unknown, on?: On): Promise<string> {
  const { ok, output } = await kubectl(args, input, on);
  if (!ok) throw new Error(`kubectl ${args.join(' ')} failed: ${output}`);
  return output;
}
