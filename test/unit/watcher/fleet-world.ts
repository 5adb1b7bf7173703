import type { KubeClient } from '../../../kube/client.ts';
import { KubeError } from '../../../kube/errors.ts';
import { silentLog } from '../../../kube/log.ts';
import { type KubeObject, keyOf } from '../../../kube/resources.ts';
import { FINALIZER } from '../../../model/names.ts';
import type { Order } from '../../../model/order.ts';
import type { ChangeSignal, RemoveSignal, RepairSignal, SitesSignal } from '../../../model/signals.ts';
import type {
  FogRollout,
  FogRolloutStatus,
  FogShard,
  FogSite,
  FogWindow,
  FogWindowSpec,
  LayerStatus,
  LayerStrategy,
  Revision,
} from '../../../model/types.ts';
import { WINDOWS_INDEX, windowNamespace } from '../../../model/windows/selection.ts';
import { ROLLOUT_INDEX, shardRollout } from '../../../watcher/after-run/ledgers.ts';
import { LAYER_INDEX, siteLayer } from '../../../watcher/fleet-layers.ts';
import { OWNER_INDEX, ownerIndex } from '../../../watcher/releases.ts';
import { Returns } from '../../../watcher/returns.ts';
import type { RunState } from '../../../watcher/runs.ts';
import { runWatcher } from '../../../watcher/watcher.ts';
import { FakeClock, settle } from '../kube/fakeclock.ts';
import { aLayer, aRollout, content, revision } from '../model/builders.ts';
import { aRecord } from '../model/fleet/records.ts';
import type { ShardOptions } from '../model/fleet/shard-records.ts';
import { aSite, type SiteWishes } from '../model/fleet/sites.ts';
import { Shelf } from './shelf.ts';

/** Long before the clock of the tests begins. */
const EARLIER = '2025-12-31T00:00:00Z';

export interface RolloutWishes {
  edge?: Partial<LayerStatus>;
  /** Besides. */
  layers?: Parameters<typeof aLayer>[1][];
  strategy?: LayerStrategy;
  status?: Partial<FogRolloutStatus>;
  generation?: number;
  /** Somebody has deleted it. */
  isDeleted?: boolean;
}

/** What brings sites up to date, with informers, a Temporal and an API server that a test holds in its hands. */
export class FleetWorld {
  readonly clock = new FakeClock();
  /** The signals that Temporal took. */
  readonly repairs: RepairSignal[] = [];
  readonly changes: ChangeSignal[] = [];
  readonly removals: RemoveSignal[] = [];
  readonly told: (SitesSignal & { name: string })[] = [];
  readonly logged: string[] = [];
  /** Lists of FogSites that the API server was asked for. */
  readonly lists: object[] = [];
  /** FogSites that the API server has and no cache. */
  readonly unseen: FogSite[] = [];
  /** A FogRollout that the API server has and no cache. */
  uncached: { name: string; uid: string } | undefined;
  /** What Temporal answers that is asked for a run. */
  state: RunState = { kind: 'open', runId: 'r' };
  /** Statuses that were written, in order. */
  readonly written: FogRolloutStatus[] = [];
  /** Contents of earlier generations, and how often they were asked for. */
  readonly kept = new Map<number, Revision>();
  asked = 0;
  /** How many signals fail before one is taken. */
  deaf = 0;
  /** Clusters that answer again. */
  readonly returns = new Returns();
  readonly #rollouts = new Shelf<FogRollout & KubeObject>();
  readonly #sites = new Shelf<FogSite & KubeObject>({ [LAYER_INDEX]: siteLayer });
  readonly #shards = new Shelf<FogShard & KubeObject>({ [ROLLOUT_INDEX]: shardRollout });
  readonly #windows = new Shelf<FogWindow & KubeObject>({ [WINDOWS_INDEX]: windowNamespace });
  readonly #releases = new Shelf<KubeObject>({ [OWNER_INDEX]: ownerIndex });
  readonly #stop = new AbortController();
  #version = 100;
  #ended: Promise<void> | undefined;

  async start(): Promise<void> {
    const kept = async (_: unknown, { generation }: Order) => {
      this.asked++;
      return this.kept.get(generation);
    };
    const informers = { deployments: this.#releases.informer, services: this.#releases.informer };
    this.#ended = runWatcher(
      {
        client: { patch: this.#patch, find: this.#find, list: this.#list } as unknown as KubeClient,
        rollouts: this.#rollouts.informer,
        sites: this.#sites.informer,
        shards: this.#shards.informer,
        windows: this.#windows.informer,
        home: 'ops',
        releases: { informers, kept, health: () => [], drifted: async () => [], ownersIn: () => [] } as never,
        signaller: {
          change: async (signal) => void this.changes.push(signal),
          remove: async (signal) => void this.removals.push(signal),
          repair: this.#repair,
          sites: async ({ name }, signal) => void this.told.push({ name, ...signal }),
          health: async () => {},
          windows: async () => {},
        },
        runs: { look: async () => this.state, namespaceId: async () => 'first' },
        log: {
          ...silentLog,
          info: (_: object, message: string) => void this.logged.push(message),
          warn: (_: object, message: string) => void this.logged.push(message),
        },
        clock: this.clock,
        returns: this.returns,
      },
      this.#stop.signal,
    );
    await this.pass(0);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
    await settle();
  }

  /** Lets time pass, and all that it set off, one thing after another in at most so many turns. */
  async pass(ms: number, turns = 100): Promise<void> {
    await this.clock.advance(ms);
    for (let turn = 0; turn < turns; turn++) await settle();
  }

  /** {@link pass}, a tenth of a second (of long times, a second) at a time, so that what is set off has its own turn. */
  async passSlowly(ms: number): Promise<void> {
    const step = ms > 60_000 ? 1_000 : 100;
    for (let passed = 0; passed < ms; passed += step) await this.pass(step, 10);
  }

  /** A rollout whose run has ended well, with an edge over many sites. */
  rollout(
    name: string,
    { edge = {}, layers: others = [], strategy = {}, status = {}, generation = 4, isDeleted }: RolloutWishes = {},
  ): void {
    const layers = [
      aLayer('edge', { phase: 'Ready', generation: 4, shards: 1, finishedAt: EARLIER, ...edge }),
      ...others.map((layer) => aLayer(layer!.name!, layer)),
    ];
    const rollout = aRollout(
      {
        deployments: { edge: content },
        strategy: { progressDeadlineSeconds: 600, promotion: 'Layer', layers: { edge: strategy } },
      },
      {
        observedGeneration: generation,
        phase: 'Succeeded',
        revision: { ...revision, generation },
        run: { workflowId: 'w', runId: 'r', startedAt: EARLIER, reports: 1 },
        layers,
        conditions: [
          {
            type: 'Ready',
            status: 'True',
            observedGeneration: 4,
            lastTransitionTime: EARLIER,
            reason: 'Succeeded',
            message: '',
          },
        ],
        ...status,
      },
    );
    const deletion = { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: [FINALIZER] };
    const metadata = { ...rollout.metadata, name, generation, uid: `uid-${name}`, ...(isDeleted && deletion) };
    this.#put({ ...rollout, metadata });
  }

  /** Its record, and the counts that its run would have said of it; the FogSites are for the test to put there. */
  record(name: string, phases: string, options: ShardOptions = {}): void {
    const shard = aRecord(phases, { rollout: name, uid: `uid-${name}`, ...options });
    const metadata = { ...shard.metadata, uid: `uid-of-${shard.metadata.name}`, resourceVersion: `${++this.#version}` };
    this.#shards.put({ ...shard, metadata });
    const [ready, failed, deferred] = [...'rfd'].map((letter) => phases.split(letter).length - 1) as [
      number,
      number,
      number,
    ];
    const sites = { total: phases.length, updated: ready + failed, ready, failed, deferred };
    const rollout = this.#rollouts.get('shop', name)!;
    const layers = rollout.status!.layers!.map((layer) => (layer.name === 'edge' ? { ...layer, sites } : layer));
    this.#put({ ...rollout, status: { ...rollout.status!, layers } });
  }

  /** A record as it is, and nothing said of it on the object. */
  shard(name: string, phases: string, options: ShardOptions = {}): void {
    const shard = aRecord(phases, { rollout: name, uid: `uid-${name}`, ...options });
    const { uid, index } = shard.spec;
    const metadata = {
      ...shard.metadata,
      name: `${shard.metadata.name}-${uid}`,
      uid: `uid-of-${name}-${uid}-${index}`,
    };
    this.#shards.put({ ...shard, metadata: { ...metadata, resourceVersion: `${++this.#version}` } });
  }

  /** {@link rollout} and {@link record}, and nothing there that is behind. */
  settled(name: string, phases: string, wishes?: RolloutWishes): void {
    this.rollout(name, wishes);
    this.record(name, phases);
  }

  site(name: string, wishes: SiteWishes = {}): void {
    const site = aSite(name, wishes);
    this.#sites.put({ ...site, metadata: { ...site.metadata, resourceVersion: `${++this.#version}` } });
  }

  /** A FogWindow beside the rollouts. */
  window(name: string, spec: FogWindowSpec): void {
    const generation = ++this.#version;
    const metadata = { namespace: 'shop', name, uid: name, resourceVersion: `${generation}`, generation };
    this.#windows.put({ apiVersion: 'v1', kind: 'FogWindow', metadata, spec } as FogWindow & KubeObject);
  }

  leave(name: string): void {
    this.#sites.remove(name);
  }

  remove(name: string): void {
    this.#rollouts.remove(keyOf('shop', name));
  }

  /** Its records are gone. */
  forgetRecord(name: string): void {
    for (const shard of this.#shards.byIndex(ROLLOUT_INDEX, keyOf('shop', name))) {
      this.#shards.remove(keyOf('shop', shard.metadata.name));
    }
  }

  status(name: string): FogRolloutStatus {
    return this.#rollouts.get('shop', name)!.status!;
  }

  /** Timers that wait, besides the one that asks whether Temporal is there. */
  get timers(): number {
    return this.clock.waiting - 1;
  }

  /** For each signal, whom it is for. */
  get signalled(): string[] {
    return this.repairs.map(({ owner }) => owner.name);
  }

  #put(rollout: FogRollout): void {
    const metadata = { ...rollout.metadata, resourceVersion: `${++this.#version}` };
    this.#rollouts.put({ ...rollout, metadata });
  }

  readonly #repair = async (signal: RepairSignal) => {
    if (this.deaf-- > 0) throw new Error('Temporal is away');
    this.repairs.push(signal);
  };

  readonly #find = async (_type: unknown, { name }: { name: string }) =>
    this.uncached?.name === name ? { metadata: this.uncached } : this.#rollouts.get('shop', name);

  readonly #list = async (_type: unknown, query: { fieldSelector?: string }) => {
    this.lists.push(query);
    const layer = query.fieldSelector?.replace('spec.layer=', '');
    return { items: this.unseen.filter(({ spec }) => layer === undefined || spec.layer === layer) };
  };

  readonly #patch = async (
    _type: unknown,
    { name }: { name: string },
    { body }: { body: { path: string; value: unknown }[] },
  ) => {
    const rollout = this.#rollouts.get('shop', name);
    if (!rollout) throw new KubeError({ request: `PATCH ${name}`, code: 404, status: { reason: 'NotFound' } });
    const { path, value } = body.at(-1)!;
    const status = (path === '/status' ? value : { ...rollout.status, conditions: value }) as FogRolloutStatus;
    this.written.push(status);
    this.#put({ ...rollout, status });
  };
}
