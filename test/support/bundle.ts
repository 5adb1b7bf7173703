/** The workflow code as production brings it, bundled once for a whole test run: each time takes seconds. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkflowBundleOption } from '@temporalio/worker';
import { bundleWorkflows, workflowBundle } from '../../workers/bundle.ts';
import { createWorkspace } from './workspace.ts';

const VARIABLE = 'FOG_ROLLOUTS_TEST_BUNDLE';

/** For the global setup. */
export async function bundleForRun(): Promise<void> {
  const path = join(createWorkspace(), 'workflow-bundle.cjs');
  writeFileSync(path, (await bundleWorkflows()).code);
  process.env[VARIABLE] = path;
}

/** Path of the bundle; undefined outside of a test run. */
export function bundleOfRun(): string | undefined {
  return process.env[VARIABLE];
}

/** For a worker in the test itself. */
export async function testBundle(): Promise<WorkflowBundleOption> {
  return await workflowBundle(bundleOfRun());
}
