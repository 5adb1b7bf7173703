/** The workflow code of a test run for workers in the test itself. What only hands its path on does without Temporal's worker. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkflowBundleOption } from '@temporalio/worker';
import { bundleWorkflows, workflowBundle } from '../../workers/bundle.ts';
import { BUNDLE_VARIABLE, bundleOfRun } from './bundle-of-run.ts';
import { createWorkspace } from './workspace.ts';

/** For the global setup. */
export async function bundleForRun(): Promise<void> {
  const path = join(createWorkspace(), 'workflow-bundle.cjs');
  writeFileSync(path, (await bundleWorkflows()).code);
  process.env[BUNDLE_VARIABLE] = path;
}

/** For a worker in the test itself. */
export async function testBundle(): Promise<WorkflowBundleOption> {
  return await workflowBundle(bundleOfRun());
}
