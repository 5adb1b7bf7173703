/** Who last changed the spec that a run rolls out, where approvals are not theirs to give. Pure. */
import { mayApprove } from '../gates/approval.ts';
import type { AnyGate, GateState } from '../gates/kind.ts';

/** What gates know of that. What was approved by whoever is the author by now counts no more. */
export function tellAuthor(gates: AnyGate[], states: GateState[], author: string | undefined): void {
  for (const [at, gate] of gates.entries()) {
    if (!('approval' in gate) || !gate.approval?.notAuthor) continue;
    const { approval } = gate;
    const state = states[at]!;
    if (author === undefined) delete state.author;
    else state.author = author;
    state.decisions = state.decisions.filter(({ approves, by }) => !approves || mayApprove(approval, by, author));
  }
}
