import { CancellationScope, isCancellation, log, patched } from '@temporalio/workflow';
import { type Asking, deadlineOf, leavesSomething, tokenOf } from '../model/gates/asked.ts';
import { type AskGateInput, GATE_REASONS } from '../model/gates/asking.ts';
import type { GateReply, Unsettled } from '../model/gates/kind.ts';
import type { Owner, RevisionId } from '../model/types.ts';
import { askGate, withdrawGate } from './activities.ts';
import { hasStated, statedMessage } from './failures.ts';
import { fromHub } from './only-signed.ts';

export interface GateAskingsDeps {
  /** What waits, as it is by now. */
  waits(): { owner: Owner; revision: RevisionId };
  answered(asking: Asking, reply: GateReply): void;
  /** They are asked on when they are next kept. */
  heard(asking: Asking, word: Unsettled): void;
}

/** What is under way for a gate is ended while whoever asks is told to stop, and not only after. */
const WITHDRAWN_AT_ONCE = 'gates-withdrawn-at-once';

/** Who is asked for a gate at present. A run that goes on with this one asks them again, by the same tokens. */
export class GateAskings {
  private readonly deps: GateAskingsDeps;
  /** By their tokens. */
  private readonly underWay = new Map<string, { stop(): void; done: Promise<void> }>();

  constructor(deps: GateAskingsDeps) {
    this.deps = deps;
  }

  /** Asks these, and nobody else any more. */
  keep(askings: Asking[]): void {
    if (askings.length === 0 && this.isIdle) return;
    const { owner, revision } = this.deps.waits();
    const kept = askings.map((asking) => ({ asking, token: tokenOf(owner, asking) }));
    for (const [token, { stop }] of this.underWay) if (!kept.some((one) => one.token === token)) stop();
    for (const { asking, token } of kept) {
      if (!this.underWay.has(token)) this.ask({ ...asking, owner, revision, token });
    }
  }

  get isIdle(): boolean {
    return this.underWay.size === 0;
  }

  /** Nobody is asked any more; resolves when what is under way has ended. */
  async end(): Promise<void> {
    for (const { stop } of this.underWay.values()) stop();
    await Promise.all([...this.underWay.values()].map(({ done }) => done));
  }

  private ask(input: AskGateInput): void {
    const scope = new CancellationScope();
    let isStopped = false;
    const stop = () => {
      if (isStopped) return;
      isStopped = true;
      scope.cancel();
      // Whoever asks hears by that sooner than by a heartbeat that nobody waits for it any more.
      if (!leavesSomething(input.gate) || !patched(WITHDRAWN_AT_ONCE)) return;
      void CancellationScope.nonCancellable(() => withdraw(input));
    };
    this.underWay.set(input.token, { stop, done: this.hear(input, scope) });
  }

  private async hear(input: AskGateInput, scope: CancellationScope): Promise<void> {
    const { owner: _, revision: __, token, ...asking } = input;
    const reply = await replyTo(input, scope);
    this.underWay.delete(token);
    if (reply?.state === 'Closed') this.deps.heard(asking, reply);
    else if (reply) this.deps.answered(asking, reply);
  }
}

/** undefined when nobody waits for it any more. */
async function replyTo(input: AskGateInput, scope: CancellationScope): Promise<GateReply | Unsettled | undefined> {
  try {
    return fromHub(await scope.run(() => askGate(input)));
  } catch (error) {
    const isOver = scope.consideredCancelled || isCancellation(error);
    if (leavesSomething(input.gate)) await CancellationScope.nonCancellable(() => withdraw(input));
    return isOver ? undefined : unanswered(input, error);
  }
}

/** Holds nobody up for long: what is left behind ends with the gate's deadline. */
async function withdraw(input: AskGateInput): Promise<void> {
  try {
    await withdrawGate(input);
  } catch (error) {
    log.warn('What a gate has begun could not be withdrawn', { token: input.token, why: statedMessage(error) });
  }
}

function unanswered({ gate, since, heard }: Asking, error: unknown): GateReply {
  const last = heard && !hasStated(error) ? heard.message : statedMessage(error);
  const message = `nobody had said yes or no by ${deadlineOf(gate, since)}: ${last}`;
  return { state: 'Failed', reason: GATE_REASONS.deadline, message };
}
