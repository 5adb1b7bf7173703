import { execa } from 'execa';
import { stack } from './stack.ts';

/** Runs the stock kubectl on the shared stack; its answer is what it printed, complaints included. */
export async function kubectl(args: string[], input?: unknown): Promise<{ ok: boolean; output: string }> {
  const { kubeconfig, tools } = stack();
  const result = await execa(tools.kubectl!, [...args, '--kubeconfig', kubeconfig], {
    ...(input !== undefined && { input: JSON.stringify(input) }),
    all: true,
    reject: false,
    timeout: 120_000,
  });
  return { ok: result.exitCode === 0, output: result.all };
}

/** Like {@link kubectl}, for what has to work: what it printed. */
export async function mustKubectl(args: string[], input?: unknown): Promise<string> {
  const { ok, output } = await kubectl(args, input);
  if (!ok) throw new Error(`kubectl ${args.join(' ')} failed: ${output}`);
  return output;
}
