import { join } from 'node:path';
import { execa } from 'execa';
import type { StackInfo } from '../test/support/stack.ts';

const ENTRY = join(import.meta.dirname, '../entry/fog-rollouts.ts');

/** The product under measurement, in a process of its own as users run it. */
export interface Product {
  /** e.g. `http://127.0.0.1:41234` */
  url: string;
  /** Sum of a Prometheus counter's samples that pass the filter. */
  counter(name: string, accept?: (labels: string) => boolean): Promise<number>;
  stop(): Promise<void>;
}

export async function startProduct(role: string, stack: StackInfo): Promise<Product> {
  const child = execa(process.execPath, [ENTRY, role], {
    env: {
      KUBECONFIG: stack.kubeconfig,
      TEMPORAL_ADDRESS: stack.temporalAddress,
      FOG_ROLLOUTS_HOST: '127.0.0.1',
      FOG_ROLLOUTS_PORT: '0',
      FOG_ROLLOUTS_LOG_LEVEL: 'info',
    },
    stderr: 'inherit',
    buffer: false,
    reject: false,
    forceKillAfterDelay: 30_000,
  });
  let url = '';
  for await (const line of child) {
    const { address } = JSON.parse(String(line)) as { address?: string };
    if (!address) continue;
    url = address;
    break;
  }
  // The rest of its log is read and dropped, or the pipe would fill.
  child.stdout?.resume();
  await ready(url);
  return {
    url,
    counter: async (name, accept = () => true) => sumOf(await text(`${url}/metrics`), name, accept),
    async stop() {
      child.kill('SIGTERM');
      await child;
    },
  };
}

/** Adds up the samples of one counter in Prometheus' text format. */
export function sumOf(metrics: string, name: string, accept: (labels: string) => boolean = () => true): number {
  const samples = metrics.matchAll(new RegExp(`^${name}(?:\\{(.*)\\})? ([0-9.e+-]+)`, 'gm'));
  return [...samples].filter(([, labels = '']) => accept(labels)).reduce((sum, [, , value]) => sum + Number(value), 0);
}

export async function text(url: string): Promise<string> {
  return await (await fetch(url)).text();
}

async function ready(url: string): Promise<void> {
  const until = Date.now() + 60_000;
  while (Date.now() < until) {
    const { ok } = await fetch(`${url}/readyz`);
    if (ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`The product at ${url} did not become ready within 60 s`);
}
