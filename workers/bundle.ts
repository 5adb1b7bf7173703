import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type BundleOptions, bundleWorkflowCode, type WorkflowBundleOption } from '@temporalio/worker';

const WORKFLOWS = fileURLToPath(new URL('../workflows/index.ts', import.meta.url));

/**
 * The workflow code as the worker loads it. About a second; production brings it prebuilt.
 *
 * @param failureConverterPath - the module that makes payloads of failures; left out, the SDK's own does
 */
export async function bundleWorkflows(failureConverterPath?: string): Promise<{ code: string }> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: WORKFLOWS,
    workflowInterceptorModules: [WORKFLOWS], // as the same module: another would be evaluated besides
    logger: QUIET,
    webpackConfigHook: lean,
    ...(failureConverterPath !== undefined && { failureConverterPath }),
  });
  return { code };
}

/**
 * @param prebuilt - path of a bundle that `scripts/bundle.ts` wrote; without it the sources are bundled now
 * @param failureConverterPath - as of {@link bundleWorkflows}: another bundle, which is beside the other
 */
export async function workflowBundle(prebuilt?: string, failureConverterPath?: string): Promise<WorkflowBundleOption> {
  if (!prebuilt) return await bundleWorkflows(failureConverterPath);
  if (failureConverterPath === undefined) return { codePath: prebuilt };
  const codePath = encryptingBundle(prebuilt);
  if (existsSync(codePath)) return { codePath };
  throw new Error(`There is no ${codePath}, the workflow bundle for encryption: scripts/bundle.ts writes both`);
}

/** Where the bundle is that makes payloads of failures, by where the other is. */
export function encryptingBundle(path: string): string {
  return path.replace(/(\.c?js)?$/, '-encrypting$1');
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
