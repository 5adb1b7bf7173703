/** What people ask of a run that is under way, and what holds it. Pure. */
import type { Layer } from '../layers.ts';
import type { FogActionSpec, Hold, LayerSkip, Revision } from '../types.ts';
import { decideAtGate, expired, refusalAtGate } from './gate-decisions.ts';
import { waitsAnew } from './gate-turn.ts';
import { type TakenAction, takenOf } from './notes.ts';
import type { Situation } from './situation.ts';
import { passesLayer, refusalToPass, refusalToRestart, refusalToSkip, skippedText } from './skipping.ts';

/** All that can be asked, in the order in which people are told. */
export const ACTIONS = [
  'Approve',
  'Reject',
  'Pause',
  'Resume',
  'Abort',
  'Retry',
  'Skip',
  'Rollback',
  'Restart',
] as const satisfies readonly FogActionSpec['action'][];

/** A FogAction, as it comes to the run. */
export interface ActionRequest
  extends Pick<FogActionSpec, 'action' | 'layer' | 'wave' | 'site' | 'gate' | 'revision' | 'plan' | 'reason'> {
  /** Of the FogAction: said twice, it is taken once. */
  uid: string;
  /** Who asks. */
  by: string;
  /** When the FogAction was made, RFC 3339. */
  at: string;
  /** Of Rollback and Restart: the content that all layers are given. */
  to?: Revision;
}

/** Longest of the names and words of people that are taken, in characters. */
export const MAX_WORDS = 256;

/** Plain JSON: it goes through continue-as-new. */
export interface SteeringState {
  /** Its strategy says so: nothing further is begun until it says otherwise. */
  paused?: boolean;
  /** A person said so. */
  hold?: Hold;
  /** uids of the actions that were taken, newest last: said again, they are taken already. */
  taken?: string[];
  /** The same in full, for the history. */
  log?: TakenAction[];
  /** A person ended it. */
  aborted?: { by: string; reason?: string };
  /** Layers that people pass over, with their gates. */
  skipped?: Partial<Record<Layer, LayerSkip>>;
}

/** How many uids are kept: the watcher has one under way at a time, and a key of the API holds for as many. */
const KEPT_UIDS = 20;

/** Says of each action whether it makes sense now, and takes it once. */
export class Steering {
  private readonly state: SteeringState;

  /** @param state - changed in place */
  constructor(state: SteeringState) {
    this.state = state;
  }

  /** Nothing further is begun, and no further site is given anything: its strategy says so, or a person. */
  get isHeld(): boolean {
    return this.state.paused === true || this.state.hold !== undefined;
  }

  /** Who paused it. */
  get hold(): Hold | undefined {
    return this.state.hold;
  }

  get aborted(): SteeringState['aborted'] {
    return this.state.aborted;
  }

  /** Who passes a layer over. */
  skipOf(layer: Layer): LayerSkip | undefined {
    return this.state.skipped?.[layer];
  }

  private get skips(): [Layer, LayerSkip][] {
    return Object.entries(this.state.skipped ?? {}) as [Layer, LayerSkip][];
  }

  /** Its strategy says so. */
  pause(isPaused: boolean): void {
    this.state.paused = isPaused;
  }

  /** A person paused the run before, and has not let it go on. */
  keepHold(hold: Hold | undefined): void {
    if (hold) this.state.hold = hold;
  }

  /** An action that the run was begun for. */
  hasTaken(uid: string): void {
    this.state.taken = [...(this.state.taken ?? []), uid].slice(-KEPT_UIDS);
  }

  /** The actions that were taken while it is under way, oldest first; of many, the last. */
  get log(): TakenAction[] {
    return this.state.log ?? [];
  }

  /** Why an action makes no sense now, for people; undefined when it is to be {@link act taken}. */
  refusal(request: ActionRequest, situation: Situation): string | undefined {
    const { action, revision, plan, uid, to } = request;
    const { under } = situation;
    const { hold, paused, taken, aborted } = this.state;
    if (taken?.includes(uid)) return undefined;
    if (aborted) return AT_ITS_END;
    if (revision !== undefined && action !== 'Rollback' && revision !== under.generation) {
      return `It is about generation ${revision}, and generation ${under.generation} is under way`;
    }
    if (plan !== undefined && plan !== under.plan()) {
      return `It is about the plan ${plan}, and what is under way has the plan ${under.plan()}; plan it again`;
    }
    switch (action) {
      case 'Pause':
        return hold ? `It is paused already, by ${hold.by}` : undefined;
      case 'Resume':
        if (hold || expired(situation).length > 0) return undefined;
        if (under.isRollback) return `It is being rolled back to ${under.version}; resume it when that has ended`;
        return paused ? 'It is paused by spec.strategy.paused, and goes on when that is false' : 'It is not paused';
      case 'Abort':
        return undefined;
      case 'Retry':
        return 'Its run is still under way; Retry is for one that has failed';
      case 'Approve':
      case 'Reject':
        return refusalAtGate(request, situation);
      case 'Rollback':
        if (to && to.hash !== under.hash) return undefined;
        return `${under.version} is what is being ${under.isRollback ? 'rolled back to' : 'rolled out'}`;
      case 'Skip':
        if (!passesLayer(request)) return refusalToSkip(request, situation);
        return refusalToPass(request, situation, this.skipOf(request.layer));
      case 'Restart': {
        const [layer, by] = this.skips[0] ?? [];
        if (to && layer && by) return refusalToRestart(layer, by, to.version);
        return to ? undefined : 'It does not say what is restarted';
      }
    }
  }

  /** Takes an action that is not refused. @returns what is to be said of it */
  act(request: ActionRequest, situation: Situation): string {
    const { uid, action, by, at, reason } = request;
    if (this.state.taken?.includes(uid)) return 'It was taken before';
    this.hasTaken(uid);
    this.state.log = [...this.log, takenOf(request)].slice(-KEPT_UIDS);
    const words = reason === undefined ? {} : { reason };
    switch (action) {
      case 'Pause':
        this.state.hold = { by, at, ...words };
        return 'It is paused: no further step and no further site is begun';
      case 'Resume':
        delete this.state.hold;
        for (const gate of expired(situation)) waitsAnew(gate, situation.now);
        return this.state.paused ? 'spec.strategy.paused still holds it' : 'It goes on';
      case 'Abort':
        this.state.aborted = { by, ...words };
        return 'Its run is ended; sites stay as they are';
      case 'Approve':
      case 'Reject':
        return decideAtGate(request, situation);
      case 'Rollback':
        delete this.state.hold; // whoever asks for it does not want it to wait
        return `It is rolled back to ${request.to!.version}`;
      case 'Restart':
        return `${request.to!.version} is rolled out with new pods`;
      case 'Skip':
        if (passesLayer(request)) this.state.skipped = { ...this.state.skipped, [request.layer]: { by, at, ...words } };
        return skippedText(request, situation);
      case 'Retry':
        throw new TypeError('Retry is not for a run that is under way');
    }
  }
}

export const AT_ITS_END = 'Its run is at its end';
