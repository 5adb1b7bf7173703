import { type Clock, systemClock } from '../../kube/clock.ts';
import { isInvalid, isNotFound } from '../../kube/errors.ts';
import type { Informer } from '../../kube/informer.ts';
import type { Log } from '../../kube/log.ts';
import { WorkQueue } from '../../kube/queue.ts';
import { type KubeObject, keyOf } from '../../kube/resources.ts';
import { reachableCondition } from '../../model/fleet/reachable.ts';
import { judge } from '../../model/fleet/topology.ts';
import { FOG_SITES } from '../../model/names.ts';
import { MOST_DRIFTED } from '../../model/region-observation.ts';
import { HUB_CLUSTER } from '../../model/site.ts';
import type { DriftedRelease, FogShard, FogSite, FogSiteStatus, FogWindow } from '../../model/types.ts';
import type { KubeconfigSecretRules } from '../../observed/kubeconfig-secret.ts';
import { wants } from '../decide.ts';
import type { Returns } from '../returns.ts';
import { SiteWindowWatch } from '../windows/site-windows.ts';
import { ClusterSites, type ObservedClusters } from './cluster-sites.ts';
import { GivenUpPlaces } from './given-up.ts';
import { HubSites, type HubSitesDeps } from './hub-sites.ts';
import { QueueSites, type RegionAges, type RegionClient } from './queue-sites.ts';
import { RecordCheck } from './record-check.ts';
import { KubeconfigSecrets } from './secrets.ts';
import { SiteShards } from './site-shards.ts';
import type { SiteObservation, SiteSource } from './source.ts';
import { type Judgement, statusOf, statusPatch, type Urgency, urgencyOf } from './status.ts';

type LiveSite = FogSite & KubeObject;

export interface SitesDeps extends Omit<HubSitesDeps, 'clock'> {
  sites: Informer<LiveSite>;
  shards: Informer<FogShard & KubeObject>;
  /** Every FogWindow; left out, there is none. */
  windows?: Informer<FogWindow & KubeObject>;
  /** Where the FogWindows are that sites name. */
  namespace: string;
  /** Where the Secrets with kubeconfigs are, and what these may say. */
  kubeconfigSecrets: KubeconfigSecretRules;
  /** Asks the workers of task queues. */
  regions: RegionClient;
  /** The clusters that kubeconfigs from Secrets lead to. */
  clusters: ObservedClusters;
  log: Log;
  clock?: Clock;
  ages?: RegionAges;
  /** Is told of clusters that answer again and that no FogSite leads to. */
  returns?: Pick<Returns, 'tell'>;
}

/** How many statuses are written at once. */
const WRITERS = 4;
/** Sites come in flocks: after a change of one, all are judged together in this many ms. */
const GATHER_MS = 200;
/** How old the count of releases in a status may be, in ms; a rollout changes thousands of them one after the other. */
const COUNT_MS = 30_000;
/** Of the sites that are within reach, so many are written in so many ms only because that was last said long ago. */
const REFRESHED = 10;
const REFRESH_MS = 10_000;

/**
 * Says on every FogSite whether it can be used and reached, how many releases it has, and which are not what they were made,
 * while `signal` is not aborted. A change of any site lets all be judged again: whom it concerns (children, the same place)
 * is then a matter of one pass. Nobody else writes a FogSite's status.
 */
export async function keepSiteStatuses(deps: SitesDeps, signal: AbortSignal): Promise<void> {
  await new SiteJudge(deps).run(signal);
}

class SiteJudge {
  private readonly deps: SitesDeps;
  private readonly clock: Clock;
  private readonly secrets: KubeconfigSecrets;
  private readonly hub: HubSites;
  private readonly sources: SiteSource[];
  private readonly records: RecordCheck;
  private readonly siteShards: SiteShards;
  private readonly givenUp: GivenUpPlaces;
  private readonly windows: SiteWindowWatch | undefined;
  /** One key: the judging of all. */
  private readonly passes: WorkQueue<'all'>;
  /** One key: writing that sites are still there. */
  private readonly refreshes: WorkQueue<'some'>;
  /** Names of sites whose status is to be written. */
  private readonly writes: WorkQueue;
  private judgements = new Map<string, Judgement>();
  /** Which cluster each site was known to be on when all were judged. */
  private clusters = new Map<string, string>();
  /** Names of sites with a release that is not what it was made. */
  private readonly drifting = new Set<string>();

  constructor(deps: SitesDeps) {
    const { log } = deps;
    this.deps = deps;
    this.clock = deps.clock ?? systemClock;
    const clock = this.clock;
    this.secrets = new KubeconfigSecrets(deps.client, deps.kubeconfigSecrets, clock);
    this.passes = new WorkQueue({ clock, baseMs: 500, maxMs: 30_000 });
    this.refreshes = new WorkQueue({ clock });
    this.writes = new WorkQueue({ clock, baseMs: 200, maxMs: 30_000 });
    const onObserved = (names: Iterable<string>) => this.observed([...names]);
    const { ages } = deps;
    this.siteShards = new SiteShards(deps.shards);
    const now = () => clock.date().getTime();
    this.windows = deps.windows && new SiteWindowWatch({ windows: deps.windows, home: deps.namespace, now });
    const shardsOf = (site: string) => this.siteShards.of(site);
    this.hub = new HubSites({ ...deps, clock }, onObserved, () => this.judgeSoon());
    this.sources = [
      this.hub,
      new QueueSites(
        { client: deps.regions, shards: deps.shards, shardsOf, clock, log, ...(ages && { ages }) },
        onObserved,
      ),
      new ClusterSites(deps.clusters, onObserved),
    ];
    this.givenUp = new GivenUpPlaces({
      shards: deps.shards,
      siteOf: (name) => deps.sites.get(undefined, name),
      isWithinReach: (site) => {
        const { reach } = this.seenOf(site) ?? {};
        return reach ? reach.status === 'True' : undefined;
      },
      onReturn: (cluster) => deps.returns?.tell(cluster),
    });
    this.records = new RecordCheck({
      ...deps,
      clock,
      shardsOf,
      presentAt: (site) => this.presentAt(site),
      onChange: (name) => this.enqueueNamed([name]),
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    const { sites, shards, rollouts, deployments, services, windows, log } = this.deps;
    const informers = [sites, shards, rollouts, deployments, services, ...(windows ? [windows] : [])];
    await Promise.all(informers.map((informer) => informer.waitForSync(signal)));
    const unsubscribe = [
      this.siteShards.follow(),
      this.givenUp.follow(() => this.judgeSoon()),
      ...(this.windows ? [this.windows.follow(() => this.judgeSoon())] : []),
      sites.subscribe({
        onAdd: () => this.judgeSoon(),
        onUpdate: (old, now) => this.changed(old, now),
        onDelete: () => this.judgeSoon(),
      }),
      // What drifted may be a release that nobody wants any more.
      rollouts.subscribe({
        onUpdate: (old, now) => {
          const { generation, deletionTimestamp } = old.metadata;
          if (generation !== now.metadata.generation || deletionTimestamp !== now.metadata.deletionTimestamp)
            this.enqueueNamed(this.drifting);
        },
        onDelete: () => this.enqueueNamed(this.drifting),
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
        this.refreshes.run({ workers: 1, signal, handle: async () => this.refresh() }),
        ...this.sources.map((source) => source.run(signal)),
        this.records.run(signal),
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
      this.enqueue(now); // somebody wrote its status, mostly we ourselves
    }
  }

  private async pass(signal: AbortSignal): Promise<void> {
    const sites = this.deps.sites.list();
    const secrets = await this.secrets.faults(sites, signal);
    this.clusters = new Map(sites.flatMap((site) => pairOf(site.metadata.name, this.clusterOf(site))));
    const windows = new Map(sites.flatMap((site) => pairOf(site.metadata.name, this.windows?.faultOf(site))));
    const verdicts = judge(sites, { secrets, clusters: this.clusters, windows });
    this.judgements = new Map(
      sites.map(({ metadata: { name, uid, generation } }) => [name, { uid, generation, verdict: verdicts.get(name)! }]),
    );
    const followed = [...sites, ...this.givenUp.standIns()];
    for (const source of this.sources) source.follow(followed);
    this.records.follow(sites);
    this.drifting.clear();
    // As they are now: while Secrets were read, something may have been written.
    for (const site of this.deps.sites.list()) this.enqueue(site);
    const { nextMs } = this.secrets;
    if (nextMs !== undefined) this.passes.addAfter('all', Math.max(GATHER_MS, nextMs));
  }

  /** Which cluster a site is on that does not say itself that it is the hub; undefined while that is not known. */
  private clusterOf(site: FogSite): string | undefined {
    const hub = this.hub.uid;
    if (hub === undefined) return undefined;
    for (const source of this.sources) {
      const uid = source.clusterUidOf(site);
      if (uid !== undefined) return uid === hub ? HUB_CLUSTER : uid;
    }
    return undefined;
  }

  private observed(names: string[]): void {
    const isNews = names.some((name) => {
      const site = this.deps.sites.get(undefined, name);
      return site !== undefined && this.clusterOf(site) !== this.clusters.get(name);
    });
    if (isNews) this.judgeSoon();
    this.records.observed(names);
    this.givenUp.observed(names);
    this.enqueueNamed(names);
  }

  private enqueueNamed(names: Iterable<string>): void {
    for (const name of [...names]) {
      const site = this.deps.sites.get(undefined, name);
      if (site) this.enqueue(site);
    }
  }

  /** Arranges for a write where one is due. */
  private enqueue(site: LiveSite): void {
    const { name } = site.metadata;
    if (site.status?.drifted) this.drifting.add(name);
    if (site.status?.lastSeen) this.refreshes.addAfter('some', REFRESH_MS);
    const { urgency } = this.due(site) ?? {};
    if (urgency === 'now') this.writes.add(name);
    if (urgency === 'count') this.writes.addAfter(name, COUNT_MS);
  }

  /** Lets the sites that were last said to be there longest ago be written; all others are kept up by those who watch them. */
  private refresh(): void {
    const old = this.deps.sites
      .list()
      .filter((site) => reachableCondition(site.status?.conditions)?.status === 'True')
      .toSorted((a, b) => ((a.status?.lastSeen ?? '') < (b.status?.lastSeen ?? '') ? -1 : 1));
    const due = old.slice(0, REFRESHED).filter((site) => this.due(site)?.urgency !== undefined);
    for (const { metadata } of due) this.writes.add(metadata.name);
    if (old.length > 0) this.refreshes.addAfter('some', REFRESH_MS);
  }

  /** undefined where nothing is to be written. */
  private due(site: FogSite): { status: FogSiteStatus; urgency: Urgency } | undefined {
    const judgement = this.judgements.get(site.metadata.name);
    const observed = judgement && { ...this.observationOf(site, judgement), ...this.clusterFieldOf(site) };
    const status = observed && statusOf(site, judgement, observed, this.clock.date().toISOString());
    const urgency = status && urgencyOf(site.status, status);
    return urgency && { status, urgency };
  }

  private clusterFieldOf(site: FogSite): Pick<SiteObservation, 'cluster'> {
    const cluster = this.clusterOf(site);
    return cluster === undefined ? {} : { cluster };
  }

  private observationOf(site: FogSite, { verdict }: Judgement): SiteObservation {
    const observed = this.seenOf(site);
    if (!observed) return {};
    // What is there is the other site's.
    if (verdict.reason === 'PlaceTaken') return { ...observed, releases: 0, drifted: [] };
    const { drifted, ...rest } = observed;
    const missing = this.records.missingAt(site.metadata.name);
    if (!drifted || !missing) return rest;
    const all = new Map([...missing, ...drifted].map((release) => [keyOf(release.namespace, release.name), release]));
    const wanted = [...all.values()].filter((release) => this.isWanted(release, site));
    return { ...rest, drifted: wanted.slice(0, MOST_DRIFTED) };
  }

  private seenOf(site: FogSite): SiteObservation | undefined {
    let observed: SiteObservation | undefined;
    for (const source of this.sources) observed ??= source.observationOf(site);
    return observed;
  }

  private presentAt(site: FogSite): readonly string[] | undefined {
    for (const source of this.sources) {
      const present = source.presentAt(site);
      if (present) return present;
    }
    return undefined;
  }

  /** Whoever sees that a release is gone does not know whether it was to go. */
  private isWanted({ namespace, name }: DriftedRelease, site: FogSite): boolean {
    return wants(this.deps.rollouts.get(namespace, name), site.spec.layer);
  }

  private async write(name: string, signal: AbortSignal): Promise<void> {
    const { client, sites, log } = this.deps;
    const site = sites.get(undefined, name);
    const due = site && this.due(site);
    if (!due) return;
    const body = statusPatch(site, due.status);
    try {
      await client.patch(FOG_SITES, { name }, { type: 'json', body, subresource: 'status' }, { signal });
    } catch (error) {
      if (!isInvalid(error) && !isNotFound(error)) throw error;
      return log.debug({ site: name, err: error }, 'The site has moved on; its next event comes');
    }
    this.report(site, due.status);
  }

  private report(before: FogSite, { conditions = [] }: FogSiteStatus): void {
    for (const { type, status, reason, message } of conditions) {
      const old = before.status?.conditions?.find((condition) => condition.type === type);
      if (old?.status === status && old.reason === reason) continue;
      const site = before.metadata.name;
      if (status === 'False')
        this.deps.log.info(
          { site, reason, message },
          type === 'Ready' ? 'A site cannot be used' : 'A site is out of reach',
        );
      else if (type === 'Reachable' && old) this.deps.log.info({ site }, 'A site is within reach again');
    }
  }
}

function pairOf(name: string, text: string | undefined): [string, string][] {
  return text === undefined ? [] : [[name, text]];
}
