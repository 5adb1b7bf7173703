import { CancelledFailure } from '@temporalio/activity';
import type { HubActivities, SiteActivities } from '../../../model/activities.ts';
import { layerAbove } from '../../../model/layers.ts';
import { type Order, orderIn, orderText } from '../../../model/order.ts';
import { firstLayer } from '../../../model/run/steps.ts';
import type { FleetActivities } from '../../../model/shards.ts';
import { layerStarted, openingStatus } from '../../../model/status.ts';
import type { FogRolloutStatus, Revision } from '../../../model/types.ts';
import { alone } from './alone.ts';
import type { Behaviour } from './behaviour.ts';
import { FakeFleet } from './fake-fleet.ts';

type Activities = HubActivities & SiteActivities & FleetActivities;
export type ActivityName = keyof Activities;
export type Inputs = { [Name in ActivityName]: Parameters<Activities[Name]>[0] };

/** One attempt of an activity, as it was called. */
export interface Call {
  /** e.g. `applyRelease fog 2`: see {@link describe}. */
  what: string;
  uid: string;
  input: Inputs[ActivityName];
  /** Positions in the order of everything that began and ended. */
  begun: number;
  ended?: number;
  outcome?: 'done' | 'failed' | 'cancelled';
}

const DEADLINE_MS = 30_000;

/**
 * The world of one FogRollout behind the activities: does what they promise in memory, records every call, and
 * misbehaves where a test says so.
 */
export class FakeRollout {
  readonly calls: Call[] = [];
  /** The object's status, as it was last written. */
  status: FogRolloutStatus | undefined;
  /** uids of objects that are no longer there. */
  readonly gone = new Set<string>();
  readonly fleet = new FakeFleet();
  /** What is kept, by the order it stands for. */
  readonly revisions = new Map<string, Revision>();
  private readonly rules: { prefix: string; behaviours: Behaviour[]; forEver: boolean }[] = [];
  private readonly watchers = new Set<() => void>();
  private clock = 0;

  /** The next calls whose description starts with `prefix` behave like this, one after another. */
  next(prefix: string, ...behaviours: Behaviour[]): void {
    this.rules.push({ prefix, behaviours, forEver: false });
  }

  /** From now on calls whose description starts with `prefix` behave like this. */
  always(prefix: string, behaviour: Behaviour): void {
    this.rules.push({ prefix, behaviours: [behaviour], forEver: true });
  }

  /** What every call of `names` was, in the order they began; retries included. */
  begun(...names: ActivityName[]): string[] {
    return this.calls.filter(({ what }) => names.some((name) => what.startsWith(name))).map(({ what }) => what);
  }

  /** The last call whose description starts with `prefix`. @throws when there is none */
  last(prefix: string): Call {
    const call = this.calls.findLast(({ what }) => what.startsWith(prefix));
    if (!call) throw new Error(`No call of ${prefix} in: ${this.calls.map(({ what }) => what).join(', ')}`);
    return call;
  }

  /** Resolves when `holds` does; looks again at every beginning and end of a call. */
  async until(what: string, holds: () => boolean): Promise<void> {
    if (holds()) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = () => holds() && resolve();
    const log = () => this.calls.map((call) => `${call.what}: ${call.outcome ?? 'under way'}`).join('\n');
    const timer = setTimeout(() => reject(new Error(`Waited in vain until ${what}, after\n${log()}`)), DEADLINE_MS);
    this.watchers.add(look);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.watchers.delete(look);
    }
  }

  /** Resolves when as many calls that start with `prefix` have begun. */
  async untilBegun(prefix: string, count = 1): Promise<void> {
    const begun = () => this.calls.filter(({ what }) => what.startsWith(prefix)).length;
    await this.until(`${prefix} began ${count} times`, () => begun() >= count);
  }

  /** @throws CancelledFailure and whatever the behaviour throws */
  async call<Name extends ActivityName>(name: Name, input: Inputs[Name]): Promise<unknown> {
    const what = describe(name, input);
    const call: Call = { what, uid: input.owner.uid, input, begun: this.clock++ };
    this.calls.push(call);
    this.notify();
    try {
      const behaviour = this.behaviourOf(what);
      const proceed = () => this.perform(name, input);
      const result = await alone(what, async () => await (behaviour ? behaviour(proceed) : proceed()));
      call.outcome = 'done';
      return result;
    } catch (error) {
      call.outcome = error instanceof CancelledFailure ? 'cancelled' : 'failed';
      throw error;
    } finally {
      call.ended = this.clock++;
      this.notify();
    }
  }

  private behaviourOf(what: string): Behaviour | undefined {
    const rule = this.rules.find(({ prefix, behaviours }) => behaviours.length > 0 && what.startsWith(prefix));
    return rule?.forEver ? rule.behaviours[0] : rule?.behaviours.shift();
  }

  private perform(name: ActivityName, input: Inputs[ActivityName]): unknown {
    switch (name) {
      case 'openRun':
        return this.openRun(input as Inputs['openRun']);
      case 'reportStatus':
        if (!this.gone.has(input.owner.uid)) this.status = (input as Inputs['reportStatus']).status;
        return undefined;
      case 'checkLayers':
        return { refusals: [], beyond: [] };
      case 'loadLayer':
        return this.loadLayer(input as Inputs['loadLayer']);
      case 'loadRevision':
        return this.kept(input as Inputs['loadRevision']);
      case 'applyRelease':
        return { deployment: { uid: 'deployment', generation: 1, template: 'template' }, ready: true };
      case 'checkRelease':
        return { checked: true };
      case 'awaitReady':
        return { outcome: 'ready' };
      case 'releaseFinalizer':
        if (!this.gone.has(input.owner.uid)) this.status = undefined;
        this.gone.add(input.owner.uid);
        return undefined;
      case 'removeRelease':
        return undefined;
      case 'planStage':
        return this.fleet.plan(input as Inputs['planStage']);
      case 'loadShard':
        return this.loadShard(input as Inputs['loadShard']);
      case 'reportShard':
        return this.fleet.record(input as Inputs['reportShard']);
      case 'findSites':
        return this.fleet.find(input as Inputs['findSites']);
    }
  }

  private openRun(input: Inputs['openRun']): unknown {
    if (this.gone.has(input.owner.uid)) return { gone: true };
    const { revision } = input;
    if (revision) this.revisions.set(orderText(revision), revision);
    if (input.status) {
      this.status = { ...input.status, run: { ...input.run, reports: 1 } };
      return { gone: false, status: this.status };
    }
    const now = new Date().toISOString();
    const opening = openingStatus(this.status, input, now);
    const first = revision && firstLayer({ revision, rollback: input.rollback });
    this.status = first ? layerStarted(opening, first, now) : opening;
    return { gone: false, status: this.status };
  }

  private loadShard(input: Inputs['loadShard']): unknown {
    const { layer, generation, attempt } = input;
    const shard = this.fleet.load(input);
    const content = generation === undefined ? undefined : this.kept({ generation, attempt })?.layers[layer];
    return shard && { ...shard, ...(content && { content }) };
  }

  private kept(order: { generation: number; attempt?: number | undefined }): Revision | undefined {
    return this.revisions.get(orderText(orderIn(order)));
  }

  private loadLayer({ layer, ...order }: Inputs['loadLayer']): unknown {
    const revision = this.kept(order);
    const content = revision?.layers[layer];
    if (!revision || !content) return undefined;
    const { version, hash, strategy } = revision;
    const { progressDeadlineSeconds, promotion, layers } = strategy;
    const how = { progressDeadlineSeconds, promotion, strategy: layers[layer] ?? {} };
    const above = layerAbove(layer, revision.layers);
    return {
      revision: { ...orderIn(order), version, hash },
      content,
      hash: revision.hashes[layer],
      ...(above && { above }),
      ...how,
    };
  }

  private notify(): void {
    for (const look of this.watchers) look();
  }
}

/** e.g. `2`, or `2.1` for a later attempt. */
function numberOf({ generation, attempt }: Order): string {
  return attempt === undefined ? `${generation}` : `${generation}.${attempt}`;
}

/** e.g. `openRun rollout 2`, `applyRelease fog 2` or, at a FogSite, `applyRelease fog-3 2`, `removeRelease edge`, `removeRelease edge up to 2`, `reportStatus Failed`. */
function describe(name: ActivityName, input: Inputs[ActivityName]): string {
  switch (name) {
    case 'openRun': {
      const { kind, revision } = input as Inputs['openRun'];
      return [name, kind, ...(revision ? [numberOf(revision)] : [])].join(' ');
    }
    case 'reportStatus':
      return `${name} ${(input as Inputs['reportStatus']).status.phase}`;
    case 'checkLayers':
      return [name, ...(input as Inputs['checkLayers']).layers.map(({ layer }) => layer)].join(' ');
    case 'loadLayer': {
      const { layer, ...order } = input as Inputs['loadLayer'];
      return `${name} ${layer} ${numberOf(order)}`;
    }
    case 'loadRevision':
      return `${name} ${numberOf(input as Inputs['loadRevision'])}`;
    case 'checkRelease':
    case 'applyRelease':
    case 'awaitReady': {
      const { site, revision } = input as Inputs['applyRelease'];
      return `${name} ${site.name} ${numberOf(revision)}`;
    }
    case 'removeRelease': {
      const { site, order } = input as Inputs['removeRelease'];
      return `${name} ${site.name}${order === undefined ? '' : ` up to ${order.generation}`}`;
    }
    case 'planStage': {
      const { layer, release, leaves } = input as Inputs['planStage'];
      return `${name} ${layer} ${release ? numberOf(release.revision) : leaves}`;
    }
    case 'loadShard':
    case 'reportShard': {
      const { layer, index } = input as Inputs['loadShard'];
      return `${name} ${layer} ${index}`;
    }
    case 'findSites':
      return [name, ...(input as Inputs['findSites']).sites.map((site) => site.name)].join(' ');
    case 'releaseFinalizer':
      return name;
  }
}
