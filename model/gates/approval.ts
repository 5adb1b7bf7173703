import { ANNOTATIONS } from '../names.ts';
import { durationText } from '../text.ts';
import type { ApprovalGate } from '../types.ts';
import type { Decision, GateKind } from './kind.ts';

/** Opens when so many different people have approved; one who rejects fails it. */
export const approval: GateKind<ApprovalGate> = {
  answer(spec, { since, decisions, author }, now) {
    const { required = 1, expiresAfterSeconds, onExpire = 'Pause' } = spec;
    const rejection = decisions.find(({ approves }) => !approves);
    if (rejection) {
      return { state: 'Failed', reason: 'Rejected', message: `rejected by ${rejection.by}${because(rejection)}` };
    }
    const names = decisions.map(({ by }) => by).join(', ');
    if (decisions.length >= required) return { state: 'Open', message: `approved by ${names}` };
    const asked = approvalText(spec);
    const but = spec.notAuthor ? butText(author) : '';
    const got = decisions.length > 0 ? `; approved so far by ${names}` : '';
    if (expiresAfterSeconds === undefined) return { state: 'Closed', message: `waits for ${asked}${but}${got}` };
    const until = new Date(Date.parse(since) + expiresAfterSeconds * 1000).toISOString();
    if (Date.parse(now) < Date.parse(until))
      return { state: 'Closed', message: `waits for ${asked}${but}${got}`, until };
    return {
      state: 'Failed',
      reason: 'ApprovalExpired',
      message: `waited ${durationText(expiresAfterSeconds)} for ${asked} in vain${got}`,
      ...(onExpire === 'Pause' && { pauses: true }),
    };
  },

  refusal({ notAuthor }, { since, decisions, author }, { by, at, approves }) {
    // Kubernetes' times are of whole seconds.
    if (Math.floor(Date.parse(at) / 1000) < Math.floor(Date.parse(since) / 1000)) {
      return `it was decided before the gate was come to, at ${since}; look at what waits there now, and decide again`;
    }
    if (!approves) return undefined;
    if (notAuthor && author === undefined) return `${UNRECORDED} (notAuthor); ${HOW_RECORDED}`;
    if (notAuthor && by === author) {
      return `${by} last changed spec, and an approval has to come from somebody else (notAuthor)`;
    }
    return decisions.some((other) => other.by === by) ? `${by} has approved already` : undefined;
  },
};

/** Whose approval may open a gate. @param author - who last changed spec; undefined where nobody is recorded */
export function mayApprove({ notAuthor }: ApprovalGate, by: string, author: string | undefined): boolean {
  return !notAuthor || (author !== undefined && by !== author);
}

/** What is asked of people, e.g. `approvals of 2 different people (shop floor)`. */
export function approvalText({ required = 1, reason }: ApprovalGate): string {
  const count = required === 1 ? 'an approval' : `approvals of ${required} different people`;
  return reason === undefined ? count : `${count} (${reason})`;
}

const UNRECORDED = 'nobody is recorded as who last changed spec, so no approval counts';
const HOW_RECORDED =
  'apply the admission policies of Fog Rollouts and change spec again; before Kubernetes 1.36, whoever changes it writes ' +
  `their own name into the annotation ${ANNOTATIONS.changedBy}`;

function butText(author: string | undefined): string {
  return author === undefined ? `, but ${UNRECORDED}` : `, not by ${author}, who last changed spec`;
}

function because({ reason }: Decision): string {
  return reason === undefined ? '' : `: ${reason}`;
}
