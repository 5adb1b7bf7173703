import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type BundleOptions, bundleWorkflowCode, type WorkflowBundleOption } from '@temporalio/worker';

const WORKFLOWS = fileURLToPath(new URL('../workflows/index.ts', import.meta.url));
const TRACING = fileURLToPath(new URL('../tracing/workflow.ts', import.meta.url));

/** What is in a bundle besides the workflows. */
export interface BundleParts {
  /** The module that makes payloads of failures; left out, the SDK's own does. */
  failureConverterPath?: string | undefined;
  /** Says of each run which trace it is, and what is in it. */
  tracing?: boolean;
}

/** The workflow code as the worker loads it. About a second; production brings it prebuilt. */
export async function bundleWorkflows({ failureConverterPath, tracing }: BundleParts = {}): Promise<{ code: string }> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: WORKFLOWS,
    // That of the workflows as the same module: another would be evaluated besides.
    workflowInterceptorModules: [WORKFLOWS, ...(tracing ? [TRACING] : [])],
    logger: QUIET,
    webpackConfigHook: lean,
    ...(failureConverterPath !== undefined && { failureConverterPath }),
  });
  return { code };
}

/** @param prebuilt - path of the bundle without parts that `scripts/bundle.ts` wrote; without it the sources are bundled now */
export async function workflowBundle(prebuilt?: string, parts: BundleParts = {}): Promise<WorkflowBundleOption> {
  if (!prebuilt) return await bundleWorkflows(parts);
  const codePath = bundleWith(prebuilt, parts);
  if (existsSync(codePath)) return { codePath };
  throw new Error(`There is no workflow bundle ${codePath}: scripts/bundle.ts writes all of them`);
}

/** Where the bundle with these parts is, by where the one without any is. */
export function bundleWith(path: string, { failureConverterPath, tracing }: BundleParts): string {
  const parts = `${failureConverterPath === undefined ? '' : '-encrypting'}${tracing ? '-tracing' : ''}`;
  return path.replace(/(\.c?js)?$/, `${parts}$1`);
}

/** The bundler's own progress is of no use to anyone who did not ask for it. */
const QUIET = { log() {}, trace() {}, debug() {}, info() {}, warn: console.warn, error: console.error };

type WebpackHook = NonNullable<BundleOptions['webpackConfigHook']>;

/**
 * Every run evaluates all modules of the bundle anew, so that none shares its state with another: as one module they cost a
 * fraction of that. And what Node can do itself is not written out for older ones. The source map says where a line is from; the
 * sources themselves, which every process would hold several times, nobody reads there.
 */
const lean: WebpackHook = (config) => {
  const rules = config.module?.rules ?? [];
  for (const rule of rules) if (isSwc(rule)) rule.use.options.jsc.target = 'es2022';
  const optimization = { ...config.optimization, concatenateModules: true, usedExports: true };
  return { ...config, devtool: 'inline-nosources-source-map', optimization };
};

interface SwcRule {
  use: { loader: string; options: { jsc: { target: string } } };
}

function isSwc(rule: unknown): rule is SwcRule {
  return typeof (rule as Partial<SwcRule>)?.use?.options?.jsc?.target === 'string';
}
