/** What a whole test run shares, started before its first file and removed after its last. */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureTools } from '../../dev/tools/ensure.ts';
import { STACK_VARIABLE, startStack } from './stack.ts';
import { RUN_VARIABLE, removeOwn, sweepAbandoned } from './workspace.ts';

const FATAL_SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** For the workflow tests: finds or makes the Temporal server's binary before any test's clock runs. */
export async function prepareTemporal(): Promise<void> {
  beginRun();
  await ensureTools(['temporal']);
}

/** For the e2e tests: one cluster and one Temporal server for all files. */
export async function prepareStack(): Promise<void> {
  beginRun();
  const { dir, kubeconfig, temporalAddress, temporalMetrics, tools } = await startStack();
  const file = join(dir, 'stack.json');
  writeFileSync(file, JSON.stringify({ dir, kubeconfig, temporalAddress, temporalMetrics, tools }));
  process.env[STACK_VARIABLE] = file;
}

export async function endRun(): Promise<void> {
  removeOwn();
}

// Jest runs no teardown after Ctrl-C or when a setup fails: so whatever way the run ends, it takes its stacks along.
function beginRun(): void {
  if (process.env[RUN_VARIABLE]) return; // another project of this run was here before
  process.env[RUN_VARIABLE] = randomUUID();
  sweepAbandoned();
  process.once('exit', removeOwn);
  for (const [signal, code] of Object.entries(FATAL_SIGNALS)) process.once(signal, () => process.exit(code));
}
