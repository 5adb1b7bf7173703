/** What a whole test run shares, started before its first file and removed after its last. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { STACK_TOOLS, type ToolName } from '../../dev/tools/catalog.ts';
import { ensureTools } from '../../dev/tools/ensure.ts';
import { bundleForRun } from './bundle.ts';
import { STACKS_VARIABLE } from './shared-file.ts';
import { createWorkspace, RUN_VARIABLE, removeOwn, sweepAbandoned } from './workspace.ts';

/**
 * For the Go programs that tests start: an API server that comes up spends half of its CPU on collecting garbage again and
 * again. One that is left to grow takes 670 MB in place of 390.
 */
const COLLECTED_LATE = { GOGC: '400', GOMEMLIMIT: '1GiB' };

const FATAL_SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** For the workflow tests: finds or makes the Temporal server's binary before any test's clock runs. */
export async function prepareTemporal(): Promise<void> {
  await beginRun();
  await ensureTools(['temporal']);
}

/** For the e2e tests, which start their clusters and Temporal servers themselves. */
export async function prepareStacks(): Promise<void> {
  await prepareTools(STACK_TOOLS); // once, not by each of them at the same time
}

/** Finds or makes them. */
export async function prepareTools(names: readonly ToolName[]): Promise<void> {
  await beginRun();
  await ensureTools(names);
  Object.assign(process.env, COLLECTED_LATE); // not before: the tools are built with Go's own settings
  const dir = createWorkspace();
  process.env[STACKS_VARIABLE] = dir;
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
