import { CancellationScope, isCancellation, log } from '@temporalio/workflow';
import { type Asking, deadlineOf, leavesSomething, tokenOf } from '../model/gates/asked.ts';
import { type AskGateInput, GATE_REASONS } from '../model/gates/asking.ts';
import type { GateReply } from '../model/gates/kind.ts';
import type { Owner, RevisionId } from '../model/types.ts';
import { askGate, withdrawGate } from './activities.ts';
import { statedMessage } from './failures.ts';

export interface GateAskingsDeps {
  /** What waits, as it is by now. */
  waits(): { owner: Owner; revision: RevisionId };
  answered(asking: Asking, reply: GateReply): void;
}

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
    const done = this.hear(input, scope).finally(() => this.underWay.delete(input.token));
    this.underWay.set(input.token, { stop: () => scope.cancel(), done });
  }

  private async hear(input: AskGateInput, scope: CancellationScope): Promise<void> {
    const { owner: _, revision: __, token: ___, ...asking } = input;
    try {
      this.deps.answered(asking, await scope.run(() => askGate(input)));
    } catch (error) {
      const isOver = isCancellation(error);
      if (leavesSomething(input.gate)) await CancellationScope.nonCancellable(() => withdraw(input));
      if (!isOver) this.deps.answered(asking, unanswered(asking, error));
    }
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

function unanswered({ gate, since }: Asking, error: unknown): GateReply {
  const message = `nobody had said yes or no by ${deadlineOf(gate, since)}: ${statedMessage(error)}`;
  return { state: 'Failed', reason: GATE_REASONS.deadline, message };
}
