import { Product as ProductProcess } from '../test/support/product.ts';
import type { StackInfo } from '../test/support/stack.ts';

/** The product under measurement, in a process of its own as users run it. */
export interface Product {
  /** e.g. `http://127.0.0.1:41234` */
  url: string;
  /** Sum of a Prometheus counter's samples that pass the filter. */
  counter(name: string, accept?: (labels: string) => boolean): Promise<number>;
  /** Memory it has in use now. */
  rssBytes(): Promise<number>;
  /** kill -9; resolves when it is gone. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export async function startProduct(role: 'all' | 'api', stack: StackInfo): Promise<Product> {
  const product = await new ProductProcess(stack, { role }).ready();
  const url = await product.address();
  return {
    url,
    counter: async (name, accept = () => true) => sumOf(await text(`${url}/metrics`), name, accept),
    rssBytes: async () => sumOf(await text(`${url}/metrics`), 'process_resident_memory_bytes'),
    kill: () => product.kill(),
    stop: async () => void (await product.stop()),
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
