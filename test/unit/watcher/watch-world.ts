import type { V1Deployment, V1Service } from '@kubernetes/client-node';
import type { KubeClient } from '../../../kube/client.ts';
import { KubeError } from '../../../kube/errors.ts';
import { type KubeObject, keyOf } from '../../../kube/resources.ts';
import { conditionOf } from '../../../model/conditions.ts';
import { LAYERS, type Layer } from '../../../model/layers.ts';
import type { LayerHealth } from '../../../model/status.ts';
import type { FogRollout, FogRolloutStatus, FogShard, FogSite, Owner } from '../../../model/types.ts';
import { ROLLOUT_INDEX, shardRollout } from '../../../watcher/after-run/ledgers.ts';
import { LAYER_INDEX, siteLayer } from '../../../watcher/fleet-layers.ts';
import { type DriftedLayer, OWNER_INDEX, ownerIndex } from '../../../watcher/releases.ts';
import type { RunState } from '../../../watcher/runs.ts';
import { runWatcher } from '../../../watcher/watcher.ts';
import { FakeClock, settle } from '../kube/fakeclock.ts';
import { aLayer, aRollout, revision } from '../model/builders.ts';
import { Shelf } from './shelf.ts';

const EARLIER = '2025-12-31T00:00:00Z';

/** What Temporal answers when it cannot, as the SDK hands it on. */
export function grpcError(code: number, details: string): Error {
  return new Error('Failed to signal', { cause: Object.assign(new Error(details), { code, details, metadata: {} }) });
}

export const UNREACHABLE = grpcError(14, 'tcp connect error');

/** The watcher, with informers, a Temporal and an API server that a test holds in its hands. */
export class WatchWorld {
  readonly clock = new FakeClock();
  /** What Temporal took: `change web`, `remove web`, `repair web`. */
  readonly sent: { what: string; at: number }[] = [];
  /** The keys of runs that Temporal was asked about. */
  readonly looked: string[] = [];
  /** The workflows that were looked at with each of them. */
  readonly below: (readonly string[])[] = [];
  readonly written: FogRolloutStatus[] = [];
  readonly warned: string[] = [];
  /** What Temporal answers instead of taking a signal, of asking for a run, and of saying which it is. */
  refusal: Error | undefined;
  /** A signal is answered when this resolves. */
  hold: Promise<void> = Promise.resolve();
  /** Calls of the pulse. */
  pulses = 0;
  begunAtOnce: number | undefined;
  database = 'first';
  state: (key: string) => RunState = () => ({ kind: 'open', runId: 'run' });
  drift: DriftedLayer[] = [];
  former: Owner | undefined;
  /** Objects of releases on the hub, by rollout. */
  readonly releases = new Map<string, KubeObject[]>();
  health: LayerHealth[] = [];
  readonly #rollouts = new Shelf<FogRollout & KubeObject>();
  readonly #deployments = new Shelf<V1Deployment & KubeObject>({ [OWNER_INDEX]: ownerIndex });
  readonly #services = new Shelf<V1Service & KubeObject>({ [OWNER_INDEX]: ownerIndex });
  readonly #sites = new Shelf<FogSite & KubeObject>({ [LAYER_INDEX]: siteLayer });
  readonly #shards = new Shelf<FogShard & KubeObject>({ [ROLLOUT_INDEX]: shardRollout });
  #stop = new AbortController();
  #ended: Promise<void> | undefined;
  #version = 100;
  orphanOf: Owner | undefined;

  async start(): Promise<void> {
    const log = {
      debug() {},
      info() {},
      warn: (_: object, message: string) => void this.warned.push(message),
      error: (_: object, message: string) => void this.warned.push(message),
    };
    this.#ended = runWatcher(
      {
        client: {
          patch: this.#patch,
          find: async () => undefined,
          list: async () => ({ items: [] }),
        } as unknown as KubeClient,
        rollouts: this.#rollouts.informer,
        sites: this.#sites.informer,
        releases: {
          informers: { deployments: this.#deployments.informer, services: this.#services.informer },
          ownersIn: () => [this.orphanOf, this.former].filter(Boolean),
          ofOwner: (key: string) => this.releases.get(key) ?? [],
          health: () => this.health,
          drifted: async () => this.drift,
        } as never,
        shards: this.#shards.informer,
        signaller: {
          change: ({ owner, isOneOfMany }) => this.#take(`change ${owner.name}${isOneOfMany ? ' of many' : ''}`),
          remove: ({ owner }) => this.#take(`remove ${owner.name}`),
          repair: ({ owner }) => this.#take(`repair ${owner.name}`),
          sites: async () => {},
          windows: async () => {},
          health: async ({ name }, { layer, ready }) =>
            this.#take(`health ${name} ${layer} ${ready ? 'ready' : 'unready'}`),
        },
        runs: {
          look: async ({ name }, below = []) => {
            this.looked.push(name);
            this.below.push(below);
            if (this.refusal) throw this.refusal;
            return this.state(name);
          },
          namespaceId: async () => {
            this.pulses++;
            if (this.refusal) throw this.refusal;
            return this.database;
          },
        },
        ...(this.begunAtOnce && { begunAtOnce: this.begunAtOnce }),
        temporalAddress: 'temporal:7233',
        log,
        clock: this.clock,
      },
      this.#stop.signal,
    );
    await this.pass(0);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.pass(0);
    await this.#ended;
  }

  /** Another process takes over. */
  async takeOver(): Promise<void> {
    await this.stop();
    this.#stop = new AbortController();
    await this.start();
  }

  async pass(ms: number): Promise<void> {
    await this.clock.advance(ms);
    for (let turn = 0; turn < 30; turn++) await settle();
  }

  /** {@link pass}, a second at a time, so that what is set off in between has its own turn. */
  async passSlowly(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 500) {
      await this.clock.advance(500);
      for (let turn = 0; turn < 5; turn++) await settle();
    }
  }

  /** A change that no run has heard of. */
  fresh(name: string): void {
    this.put(name, { observedGeneration: -1, phase: 'Pending' });
  }

  /** Its run is open, and the status says so. */
  open(name: string): void {
    this.put(name, { ...OPEN, run: { workflowId: 'w', runId: `run of ${name}`, startedAt: EARLIER, reports: 1 } });
  }

  /** Its run has ended well. */
  settled(name: string): void {
    this.put(name, {
      observedGeneration: 4,
      phase: 'Succeeded',
      version: revision.version,
      revision,
      run: { workflowId: 'w', runId: 'r', startedAt: EARLIER, reports: 3 },
      layers: LAYERS.map((layer) => aLayer(layer, { phase: 'Ready', generation: 4 })),
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
    });
  }

  /** Its run has failed for that reason. */
  failed(name: string, reason: string, runId = 'r'): void {
    this.settled(name);
    const { status } = this.rollout(name);
    const [ready] = status!.conditions!;
    const conditions = [{ ...ready!, status: 'False' as const, reason }];
    this.put(name, { ...status!, phase: 'Failed', conditions, run: { ...status!.run!, runId } });
  }

  /** A FogSite as it is there. */
  putSite(site: FogSite): void {
    this.#sites.put({ ...site, metadata: { ...site.metadata, resourceVersion: `${++this.#version}` } });
  }

  /** A record of sites, some of which are under way. */
  putShard(name: string, { layer, index }: { layer: Layer; index: number }): void {
    const metadata = { namespace: 'shop', name: `${name}-${layer}-${index}` };
    const { uid } = this.rollout(name).metadata;
    const spec = { rollout: name, uid, layer, index, sites: [{ name: 'a' }] };
    this.#shards.put({ metadata, spec, status: { phases: 'i' } } as unknown as FogShard & KubeObject);
  }

  put(name: string, status: FogRolloutStatus, metadata: Partial<FogRollout['metadata']> = {}): void {
    const rollout = aRollout({}, status);
    const resourceVersion = `${++this.#version}`;
    this.#rollouts.put({
      ...rollout,
      metadata: { ...rollout.metadata, name, uid: `uid-${name}`, resourceVersion, ...metadata },
    });
  }

  /** Its run reports. */
  report(name: string): void {
    const { status } = this.rollout(name);
    this.put(name, { ...status!, run: { ...status!.run!, reports: status!.run!.reports + 1 } });
  }

  remove(name: string): void {
    this.#rollouts.remove(keyOf('shop', name));
  }

  rollout(name: string): FogRollout {
    return this.#rollouts.get('shop', name)!;
  }

  /** What kubectl shows: e.g. `{ Ready: 'False TemporalUnavailable', Reconciling: 'True TemporalUnavailable' }`. */
  conditions(name: string): Record<string, string> {
    const { conditions = [] } = this.rollout(name).status!;
    return Object.fromEntries(conditions.map(({ type, status, reason }) => [type, `${status} ${reason}`]));
  }

  message(name: string): string {
    return conditionOf(this.rollout(name).status?.conditions, 'Ready')?.message ?? '';
  }

  get signals(): string[] {
    return this.sent.map(({ what }) => what);
  }

  async #take(what: string): Promise<void> {
    await this.hold;
    if (this.refusal) throw this.refusal;
    this.sent.push({ what, at: this.clock.now() });
  }

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
    this.put(name, status);
  };
}

const OPEN: FogRolloutStatus = {
  observedGeneration: -1,
  phase: 'Progressing',
  revision,
  layers: [aLayer('cloud', { phase: 'Progressing', generation: 4 })],
};
