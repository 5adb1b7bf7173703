import { durationText } from '../text.ts';
import type { ApprovalGate } from '../types.ts';
import type { Decision, GateKind } from './kind.ts';

/** Opens when so many different people have approved; one who rejects fails it. */
export const approval: GateKind<ApprovalGate> = {
  answer({ required = 1, reason, expiresAfterSeconds, onExpire = 'Pause' }, { since, decisions }, now) {
    const rejection = decisions.find(({ approves }) => !approves);
    if (rejection) {
      return { state: 'Failed', reason: 'Rejected', message: `rejected by ${rejection.by}${because(rejection)}` };
    }
    const names = decisions.map(({ by }) => by).join(', ');
    if (decisions.length >= required) return { state: 'Open', message: `approved by ${names}` };
    const asked = `${countText(required)}${reason === undefined ? '' : ` (${reason})`}`;
    const got = decisions.length > 0 ? `; approved so far by ${names}` : '';
    if (expiresAfterSeconds === undefined) return { state: 'Closed', message: `waits for ${asked}${got}` };
    const until = new Date(Date.parse(since) + expiresAfterSeconds * 1000).toISOString();
    if (Date.parse(now) < Date.parse(until)) return { state: 'Closed', message: `waits for ${asked}${got}`, until };
    return {
      state: 'Failed',
      reason: 'ApprovalExpired',
      message: `waited ${durationText(expiresAfterSeconds)} for ${asked} in vain${got}`,
      ...(onExpire === 'Pause' && { pauses: true }),
    };
  },

  refusal(_, { since, decisions }, { by, at, approves }) {
    // Kubernetes' times are of whole seconds.
    if (Math.floor(Date.parse(at) / 1000) < Math.floor(Date.parse(since) / 1000)) {
      return `it was decided before the gate was come to, at ${since}; look at what waits there now, and decide again`;
    }
    if (approves && decisions.some((other) => other.by === by)) return `${by} has approved already`;
    return undefined;
  },
};

function countText(required: number): string {
  return required === 1 ? 'an approval' : `approvals of ${required} different people`;
}

function because({ reason }: Decision): string {
  return reason === undefined ? '' : `: ${reason}`;
}
