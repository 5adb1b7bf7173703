import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type WorkflowBundleOption } from '@temporalio/worker';

const WORKFLOWS = fileURLToPath(new URL('../workflows/index.ts', import.meta.url));

/** The workflow code as the worker loads it. About a second; production brings it prebuilt. */
export async function bundleWorkflows(): Promise<{ code: string }> {
  const { code } = await bundleWorkflowCode({ workflowsPath: WORKFLOWS, logger: QUIET });
  return { code };
}

/** @param prebuilt - path of a bundle that `scripts/bundle.ts` wrote; without it the sources are bundled now */
export async function workflowBundle(prebuilt?: string): Promise<WorkflowBundleOption> {
  return prebuilt ? { codePath: prebuilt } : await bundleWorkflows();
}

/** The bundler's own progress is of no use to anyone who did not ask for it. */
const QUIET = { log() {}, trace() {}, debug() {}, info() {}, warn: console.warn, error: console.error };
