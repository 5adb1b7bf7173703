/** FogRollouts as a person would write them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from '../../dev/home.ts';
import type { FogRollout } from '../../model/generated/fogrollout.ts';

/** Looser than what the API server takes: tests write wrong ones too. */
export interface Manifest extends FogRollout {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels?: Record<string, string> };
}

/** A FogRollout of one layer with one container; `spec` replaces whole fields of its spec. */
export function manifest(spec: object = {}, name = 'web'): Manifest {
  const deployments = { cloud: { containers: [{ name: 'web', image: 'nginx' }] } };
  const whole = { version: 'v1', deployments, ...spec } as FogRollout['spec'];
  return { apiVersion: 'paguos.io/v1alpha1', kind: 'FogRollout', metadata: { name }, spec: whole };
}

/** One whose cloud has this content. */
export const layer = (content: object): Manifest => manifest({ deployments: { cloud: content } });
/** One whose cloud has these containers; each has a name and an image already. */
export const containers = (...list: object[]): Manifest =>
  layer({ containers: list.map((container, at) => ({ name: `c${at}`, image: 'nginx', ...container })) });
export const port = (containerPort: number | string, protocol?: string) => ({
  containerPort,
  ...(protocol && { protocol }),
});
/** One of examples/. */
export const example = (file: string): Manifest => parse(readFileSync(join(ROOT, 'examples', file), 'utf8'));

/** Content of a layer that has one port. */
export function serving(containerPort: number): { containers: object[] } {
  return { containers: [{ name: 'web', image: 'nginx', ports: [port(containerPort)] }] };
}

/** Ports one after another. */
export function ports(count: number, first: number): object[] {
  return Array.from({ length: count }, (_, at) => port(first + at));
}
