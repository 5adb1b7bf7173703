import { HINDRANCES, type Hindrance, hindranceIn } from '../model/hindrance.ts';
import { type LayerHealth, REASONS } from '../model/status.ts';
import type { FogRollout } from '../model/types.ts';
import type { AfterRunDeps } from './after-run/deps.ts';
import { fingerprint, isSettled, isTakenUp } from './decide.ts';
import { conditionsAbout, writeConditions } from './status-writer.ts';
import { Turns } from './turns.ts';

/** Between two conditions that are written, in ms. */
const WRITE_GAP_MS = 20;
/** Between two conditions of a rollout with the same reason, in ms: what is in the way may change its words all the time. */
const SAME_REASON_GAP_MS = 30_000;
/** A run that is begun speaks for itself within this many ms. */
const FIRST_WORD_MS = 3_000;

type WordsDeps = Pick<AfterRunDeps, 'hindrances' | 'underWay' | 'client' | 'rollouts' | 'clock' | 'decide'>;

/** How the layers of a settled rollout are now. */
type HealthOf = (key: string, rollout: FogRollout) => LayerHealth[];

/** Brings what objects say of what is in their way up to what is known of it: few writes, and none while nothing changes. */
export class Words {
  private readonly deps: WordsDeps;
  /** Asks to be told to {@link say} again, in that many ms. */
  private readonly again: (key: string, ms: number) => void;
  private readonly healthOf: HealthOf;
  private readonly writes: Turns;
  /** When the conditions of a rollout were last written for something in its way, and how often. */
  private readonly said = new Map<string, { at: number; times: number }>();

  constructor(deps: WordsDeps, again: (key: string, ms: number) => void, healthOf: HealthOf) {
    this.healthOf = healthOf;
    this.deps = deps;
    this.again = again;
    this.writes = new Turns(() => deps.clock.now(), WRITE_GAP_MS);
  }

  /** Lets the object say what is in the way, or that nothing is any more. */
  async say(key: string): Promise<void> {
    const { hindrances, underWay, client, rollouts, clock } = this.deps;
    const [namespace, name] = key.split('/') as [string, string];
    const rollout = rollouts.get(namespace, name);
    // Of one that has failed the failure is what matters.
    if (!rollout || (isSettled(rollout) && rollout.status?.phase === 'Failed')) return;
    const { hindrance, inMs } = hindrances.of(key, underWay.isBegun(key));
    if (inMs !== undefined && inMs > 0) this.again(key, inMs);
    if (!hindrance && !this.isOver(key, rollout)) return;
    const now = clock.date().toISOString();
    const conditions = conditionsAbout(rollout, hindrance ?? this.notReady(key, rollout), now);
    if (!conditions) return;
    const wait = this.waitToSay(key, rollout, hindrance);
    if (wait > 0) return this.again(key, wait);
    this.writes.done(key);
    if (hindrance) this.said.set(key, { at: clock.now(), times: (this.said.get(key)?.times ?? 0) + 1 });
    else this.said.delete(key);
    await writeConditions(client, rollout, conditions);
  }

  private waitToSay(key: string, { status }: FogRollout, hindrance: Hindrance | undefined): number {
    const last = this.said.get(key);
    const isSameReason = hindrance !== undefined && status && hindranceIn(status) === hindrance.reason;
    // The second word says more than the first, which was said before there was an answer.
    const gap = isSameReason && last && last.times > 1 ? last.at + SAME_REASON_GAP_MS - this.deps.clock.now() : 0;
    return Math.max(0, gap) || this.writes.waitFor(key);
  }

  /** True when what the object says to be in the way no longer is. */
  private isOver(key: string, rollout: FogRollout): boolean {
    const { hindrances, underWay } = this.deps;
    const reason = rollout.status && hindranceIn(rollout.status);
    if (!reason || hindrances.isRefused(key)) return false;
    const decision = this.deps.decide(key);
    if (decision.kind === 'inspect' && !isTakenUp(decision)) return true; // inspected just now
    if (!underWay.has(key, fingerprint(decision))) return false; // it waits to be begun
    if (underWay.isSeen(key)) return true;
    if (reason === HINDRANCES.taskFailed || reason === HINDRANCES.noWorker) return false; // not known before it is looked at
    const left = FIRST_WORD_MS - (underWay.handedFor(key) ?? 0);
    if (left > 0) this.again(key, left);
    return left <= 0;
  }

  /** What there is to say of a settled rollout besides: it must not look ready for a moment when it is not. */
  private notReady(key: string, rollout: FogRollout): Hindrance | undefined {
    if (!isSettled(rollout)) return undefined;
    const unready = this.healthOf(key, rollout).filter(({ ready }) => !ready);
    if (unready.length === 0) return undefined;
    const message = unready.map((one) => `${one.layer}: ${one.message}`).join('; ');
    return { state: 'degraded', reason: REASONS.notReady, message };
  }

  forget(key: string): void {
    this.writes.done(key);
    this.said.delete(key);
  }
}
