import type { V1Deployment } from '@kubernetes/client-node';
import type { KubeClient } from '../../kube/client.ts';
import { type Clock, systemClock } from '../../kube/clock.ts';
import { isInvalid, isNotFound } from '../../kube/errors.ts';
import type { Informer } from '../../kube/informer.ts';
import type { Log } from '../../kube/log.ts';
import { WorkQueue } from '../../kube/queue.ts';
import type { KubeObject } from '../../kube/resources.ts';
import { judge } from '../../model/fleet/topology.ts';
import { FOG_SITES } from '../../model/names.ts';
import { HUB_CLUSTER, siteOf } from '../../model/site.ts';
import type { FogSite } from '../../model/types.ts';
import { KubeconfigSecrets } from './secrets.ts';
import { dueCondition, type JsonPatch, type Judgement, statusPatch } from './status.ts';

type LiveSite = FogSite & KubeObject;

export interface SitesDeps {
  client: KubeClient;
  sites: Informer<LiveSite>;
  /** The releases on the hub, with {@link namespaceIndex} as {@link NAMESPACE_INDEX}. */
  deployments: Informer<V1Deployment & KubeObject>;
  /** Where the Secrets with kubeconfigs are. */
  namespace: string;
  log: Log;
  clock?: Clock;
}

export const NAMESPACE_INDEX = 'namespace';

/** Index of releases by the namespace they are in. */
export function namespaceIndex({ metadata }: KubeObject): string[] {
  return metadata.namespace ? [metadata.namespace] : [];
}

/** How many statuses are written at once. */
const WRITERS = 4;
/** Sites come in flocks: after a change of one, all are judged together in this many ms. */
const GATHER_MS = 200;
/** How old the count of releases in a status may be, in ms; a rollout changes thousands of them one after the other. */
const COUNT_MS = 5_000;

/**
 * Says on every FogSite whether it can be used, and how many releases it has on the hub, while `signal` is not aborted. A
 * change of any site lets all be judged again: whom it concerns (children, the same place) is then a matter of one pass.
 */
export async function runSites(deps: SitesDeps, signal: AbortSignal): Promise<void> {
  await new SiteWatch(deps).run(signal);
}

class SiteWatch {
  private readonly deps: SitesDeps;
  private readonly clock: Clock;
  private readonly secrets: KubeconfigSecrets;
  /** One key: the judging of all. */
  private readonly passes: WorkQueue<'all'>;
  /** Names of sites whose status is to be written. */
  private readonly writes: WorkQueue;
  private judgements = new Map<string, Judgement>();
  /** Names of the hub's sites by their namespace. */
  private onHub = new Map<string, string[]>();

  constructor(deps: SitesDeps) {
    this.deps = deps;
    this.clock = deps.clock ?? systemClock;
    this.secrets = new KubeconfigSecrets({ ...deps, clock: this.clock });
    this.passes = new WorkQueue({ clock: this.clock, baseMs: 500, maxMs: 30_000 });
    this.writes = new WorkQueue({ clock: this.clock, baseMs: 200, maxMs: 30_000 });
  }

  async run(signal: AbortSignal): Promise<void> {
    const { sites, deployments, log } = this.deps;
    await Promise.all([sites.waitForSync(signal), deployments.waitForSync(signal)]);
    const unsubscribe = [
      sites.subscribe({
        onAdd: () => this.judgeSoon(),
        onUpdate: (old, now) => this.changed(old, now),
        onDelete: () => this.judgeSoon(),
      }),
      deployments.subscribe({
        onAdd: (release) => this.recount(release),
        onDelete: (release) => this.recount(release),
      }),
    ];
    log.info({ sites: sites.size }, 'Watching sites');
    try {
      await Promise.all([
        this.passes.run({
          workers: 1,
          signal,
          handle: () => this.pass(signal),
          onError: (_, err, failures) => log.warn({ err, failures }, 'Could not judge the sites; trying again'),
        }),
        this.writes.run({
          workers: WRITERS,
          signal,
          handle: (name) => this.write(name, signal),
          onError: (site, err, failures) =>
            log.warn({ site, err, failures }, 'Could not write the status of a site; trying again'),
        }),
      ]);
    } finally {
      for (const stop of unsubscribe) stop();
    }
  }

  private judgeSoon(): void {
    this.passes.addAfter('all', GATHER_MS);
  }

  private changed(old: LiveSite, now: LiveSite): void {
    const { generation, deletionTimestamp } = now.metadata;
    if (old.metadata.generation !== generation || old.metadata.deletionTimestamp !== deletionTimestamp) {
      this.secrets.forget(now);
      this.judgeSoon();
    } else {
      this.look(now); // somebody wrote its status, mostly we ourselves
    }
  }

  private async pass(signal: AbortSignal): Promise<void> {
    const sites = this.deps.sites.list();
    const verdicts = judge(sites, { secrets: await this.secrets.faults(sites, signal) });
    this.judgements = new Map(
      sites.map(({ metadata: { name, uid, generation } }) => [name, { uid, generation, verdict: verdicts.get(name)! }]),
    );
    const hubSites = sites.filter((site) => siteOf(site).cluster === HUB_CLUSTER);
    const byNamespace = Map.groupBy(hubSites, (site) => siteOf(site).namespace);
    this.onHub = new Map(
      [...byNamespace].map(([namespace, all]) => [namespace, all.map(({ metadata }) => metadata.name)]),
    );
    // As they are now: while Secrets were read, something may have been written.
    for (const site of this.deps.sites.list()) this.look(site);
    const { nextMs } = this.secrets;
    if (nextMs !== undefined) this.passes.addAfter('all', Math.max(GATHER_MS, nextMs));
  }

  private recount({ metadata }: KubeObject): void {
    for (const name of this.onHub.get(metadata.namespace ?? '') ?? []) this.writes.addAfter(name, COUNT_MS);
  }

  /** Arranges for a write where one is due: of the condition at once, of the count alone later. */
  private look(site: LiveSite): void {
    const { name } = site.metadata;
    const { condition, releases } = this.due(site);
    if (condition) this.writes.add(name);
    else if (releases !== undefined) this.writes.addAfter(name, COUNT_MS);
  }

  private due(site: LiveSite) {
    const judgement = this.judgements.get(site.metadata.name);
    const condition = judgement && dueCondition(site, judgement, this.clock.date().toISOString());
    const releases = judgement && this.releasesOf(site, judgement);
    return { condition, releases: releases === site.status?.releases ? undefined : releases };
  }

  /** undefined where it is not for us to say. */
  private releasesOf(site: FogSite, { verdict }: Judgement): number | undefined {
    const { cluster, namespace } = siteOf(site);
    if (cluster !== HUB_CLUSTER) return undefined;
    return verdict.reason === 'PlaceTaken' ? 0 : this.deps.deployments.byIndex(NAMESPACE_INDEX, namespace).length;
  }

  private async write(name: string, signal: AbortSignal): Promise<void> {
    const { client, sites, log } = this.deps;
    const site = sites.get(undefined, name);
    if (!site) return;
    const due = this.due(site);
    if (!due.condition && due.releases === undefined) return;
    const body: JsonPatch = statusPatch(site, due);
    try {
      await client.patch(FOG_SITES, { name }, { type: 'json', body, subresource: 'status' }, { signal });
    } catch (error) {
      if (!isInvalid(error) && !isNotFound(error)) throw error;
      return log.debug({ site: name, err: error }, 'The site has moved on; its next event comes');
    }
    const { status, reason } = due.condition ?? {};
    if (status === 'False') log.info({ site: name, reason }, 'A site cannot be used');
  }
}
