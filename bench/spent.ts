import { actionsSoFar } from './actions.ts';
import type { Product } from './product.ts';
import type { World } from './world.ts';

/** What work has cost, besides time. */
export interface Spent {
  /** Temporal actions. */
  actions: number;
  /** Our requests to Kubernetes, besides watches. */
  requests: number;
  /** CPU time of our process, ms. */
  cpuMs: number;
}

/** What everything has cost since the product was started. */
export async function spentSoFar(world: World, product: Product): Promise<Spent> {
  return {
    actions: await actionsSoFar(world),
    requests: await requestsSoFar(product),
    cpuMs: 1_000 * (await product.counter('process_cpu_seconds_total')),
  };
}

/** Our requests to Kubernetes, besides watches, since the product was started; of those, the ones whose labels pass. */
export function requestsSoFar(product: Product, accept: (labels: string) => boolean = () => true): Promise<number> {
  const isCounted = (labels: string) => !labels.includes('verb="watch"') && accept(labels);
  return product.counter('fog_rollouts_kube_requests_total', isCounted);
}

export function spentBetween(before: Spent, after: Spent): Spent {
  return {
    actions: after.actions - before.actions,
    requests: after.requests - before.requests,
    cpuMs: after.cpuMs - before.cpuMs,
  };
}

/** What each of so many sites has cost. */
export function perSite(before: Spent, after: Spent, sites: number): PerSite {
  const { actions, requests, cpuMs } = spentBetween(before, after);
  return { actionsPerSite: actions / sites, requestsPerSite: requests / sites, cpuMsPerSite: cpuMs / sites };
}

export interface PerSite {
  actionsPerSite: number;
  requestsPerSite: number;
  cpuMsPerSite: number;
}
