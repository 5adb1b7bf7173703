/** The Helm chart as the tests of it use it: rendered, or released into a cluster. */
import { join } from 'node:path';
import { execa } from 'execa';
import { parseAllDocuments } from 'yaml';
import { ROOT } from '../../dev/home.ts';
import { ensureTools } from '../../dev/tools/ensure.ts';
import type { StackInfo } from './stack.ts';

export const CHART = join(ROOT, 'chart');
export const ADDRESS = ['--set', 'temporal.address=temporal-frontend.temporal:7233'];
/** Values of a release that brings its own Temporal. */
export const EMBEDDED = ['temporal.embedded.enabled=true'];
/** What has the form of a public key, as signing.trustedKeys takes it. */
export const PUBLIC_KEY = '-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n';
export const TRACING = [
  'tracing.endpoint=http://otel.observability:4318',
  'tracing.headers.secretName=otel',
  'tracing.ratio=0.25',
  'tracing.urlTemplate=https://jaeger.example/trace/{traceId}',
];
/** Where Fog Rollouts itself is. */
export const SYSTEM = 'fog-rollouts-system';
export const RELEASE = ['fog-rollouts', CHART, '--namespace', SYSTEM];
/** The first run on a machine may have to build Helm. */
export const SETUP_MS = 15 * 60_000;

export const set = (value: string): string[] => ['--set', value];

/** Nothing of the user's: neither a cluster, nor Helm's or kubectl's folders. */
export function environmentOf({ dir, kubeconfig }: Pick<StackInfo, 'dir' | 'kubeconfig'>): Record<string, string> {
  return {
    KUBECONFIG: kubeconfig,
    KUBECACHEDIR: join(dir, 'kubectl-cache'),
    HELM_CACHE_HOME: join(dir, 'helm', 'cache'),
    HELM_CONFIG_HOME: join(dir, 'helm', 'config'),
    HELM_DATA_HOME: join(dir, 'helm', 'data'),
  };
}

/** Helm on the stack's cluster: resolves with what it printed, rejects with what it complained. */
export type Helm = (...args: string[]) => Promise<string>;

export async function helmOn(stack: Pick<StackInfo, 'dir' | 'kubeconfig'>): Promise<Helm> {
  const { helm } = await ensureTools(['helm']);
  return async (...args) => (await execa(helm!, args, { env: environmentOf(stack) })).stdout;
}

export interface RenderedObject {
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  rules?: { apiGroups: string[]; resources: string[]; verbs: string[] }[];
  spec?: {
    template: { spec: { containers: { env: unknown[] }[]; volumes?: object[] } };
    volumeClaimTemplates?: { metadata: { name: string } }[];
  };
}

/** What a release has to be told of Temporal, beside such values. */
export const addressBeside = (values: string[]): string[] => (values.includes(EMBEDDED[0]!) ? [] : ADDRESS);

/** The objects that the chart makes, the CRDs left out. */
export async function render(helm: Helm, ...args: string[]): Promise<RenderedObject[]> {
  const text = await helm('template', ...args, ...addressBeside(args), ...set('crds.enabled=false'));
  return parseAllDocuments(text).map((document) => document.toJS() as RenderedObject);
}
