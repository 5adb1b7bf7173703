/** What a whole test run shares, started before its first file and removed after its last. */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { STACK_TOOLS, type ToolName } from '../../dev/tools/catalog.ts';
import { ensureTools } from '../../dev/tools/ensure.ts';
import { bundleForRun } from './bundle.ts';
import { STACKS_VARIABLE, type StackInfo, startStack } from './stack.ts';
import { createWorkspace, RUN_VARIABLE, removeOwn, sweepAbandoned } from './workspace.ts';

const FATAL_SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** For the workflow tests: finds or makes the Temporal server's binary before any test's clock runs. */
export async function prepareTemporal(): Promise<void> {
  await beginRun();
  await ensureTools(['temporal']);
}

/** For the e2e tests: a cluster and a Temporal server for each of Jest's workers, which takes one file after the other. */
export async function prepareStacks({ maxWorkers }: { maxWorkers: number }): Promise<void> {
  await beginRun();
  await ensureTools(STACK_TOOLS); // once, not by each of them at the same time
  const stacks = await Promise.all(Array.from({ length: maxWorkers }, () => startStack()));
  shareStacks(stacks[0]!.dir, stacks);
}

/** For files that start all they need themselves: finds or makes that. */
export async function prepareTools(names: readonly ToolName[]): Promise<void> {
  await beginRun();
  await ensureTools(names);
  shareStacks(createWorkspace(), []);
}

function shareStacks(dir: string, stacks: StackInfo[]): void {
  const file = join(dir, 'stacks.json');
  writeFileSync(file, JSON.stringify(stacks));
  process.env[STACKS_VARIABLE] = file;
  process.env.KUBECACHEDIR = join(dir, 'kubectl-cache'); // not the user's
}

export async function endRun(): Promise<void> {
  removeOwn();
}

// Jest runs no teardown after Ctrl-C or when a setup fails: so whatever way the run ends, it takes its stacks along.
async function beginRun(): Promise<void> {
  if (process.env[RUN_VARIABLE]) return; // another project of this run was here before
  process.env[RUN_VARIABLE] = randomUUID();
  sweepAbandoned();
  process.once('exit', removeOwn);
  for (const [signal, code] of Object.entries(FATAL_SIGNALS)) process.once(signal, () => process.exit(code));
  await bundleForRun();
}
