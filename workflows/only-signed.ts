/**
 * What comes to workflows from elsewhere has to be signed where the hub's workers were given public keys: their codec marks what
 * is not (`signing/`), and here it is refused. Where they were given none nothing is marked, and all of this does nothing.
 *
 * Without a patch, and whatever is replayed: whoever has got into Temporal can also take a workflow task and answer it with
 * nothing, so that what they have put in would look as if it had been accepted before. And without an `await`: one more of
 * them, and what runs have done before would be replayed in another order.
 */
import {
  ApplicationFailure,
  log,
  type WorkflowInboundCallsInterceptor,
  type WorkflowOutboundCallsInterceptor,
  workflowInfo,
} from '@temporalio/workflow';
import { asGiven, madeFor, NOT_SIGNED, signedOrNot, whyNotFor, whyUnsigned } from '../model/signed.ts';
import type { Site } from '../model/site.ts';

/** What starts, signals and updates pass through on their way in. */
export const onlySigned: WorkflowInboundCallsInterceptor = {
  execute(input, next) {
    const { workflowType } = workflowInfo();
    const refused = refusalOf(whyNotFor(workflowType, input.args), `start of ${workflowType}`);
    return refused ? Promise.reject(refused) : next(given(input));
  },
  handleSignal(input, next) {
    const why = whyNotFor(input.signalName, input.args);
    if (why === undefined) return next(given(input));
    // Thrown, it would fail the task again and again: the rollout would stand still for whoever sent it.
    log.warn(`Signal ${input.signalName} is refused: ${why}`);
    return Promise.resolve();
  },
  validateUpdate(input, next) {
    const refused = refusalOf(whyNotFor(input.name, input.args), `update ${input.name}`);
    if (refused) throw refused;
    next(given(input));
  },
  // One that somebody has accepted in our place is validated no more.
  handleUpdate(input, next) {
    const refused = refusalOf(whyNotFor(input.name, input.args), `update ${input.name}`);
    return refused ? Promise.reject(refused) : next(given(input));
  },
};

/** What is asked of activities and other workflows says so itself, where the signature covers it. Without an `await`, as above. */
export const saysWhatFor: WorkflowOutboundCallsInterceptor = {
  scheduleActivity: (input, next) => next({ ...input, args: madeFor(input.activityType, input.args) }),
  scheduleLocalActivity: (input, next) => next({ ...input, args: madeFor(input.activityType, input.args) }),
  signalWorkflow: (input, next) => next({ ...input, args: madeFor(input.signalName, input.args) }),
  startChildWorkflowExecution: (input, next) => {
    const args = madeFor(input.workflowType, input.options.args);
    return next({ ...input, options: { ...input.options, args } });
  },
  continueAsNew: (input, next) => next({ ...input, args: madeFor(input.options.workflowType, input.args) }),
};

function given<I extends { args: unknown[] }>(input: I): I {
  return { ...input, args: asGiven(input.args) };
}

/**
 * What an activity of the hub's own has answered.
 *
 * @throws ApplicationFailure of the type `NotSigned` where somebody else has answered in its place
 */
export function fromHub<T>(answer: T): T {
  const refused = refusalOf(whyUnsigned(answer), 'answer to an activity');
  if (refused) throw refused;
  return answer;
}

/** The same of an activity at a site; workers of regions sign nothing, and answer for their own sites. @throws as {@link fromHub} */
export function fromSite<T>({ queue }: Pick<Site, 'queue'>, answer: T): T {
  return queue === undefined ? fromHub(answer) : (signedOrNot(answer) as T);
}

function refusalOf(why: string | undefined, what: string): ApplicationFailure | undefined {
  if (why === undefined) return undefined;
  const message = `The hub's workers take only what is signed, and refuse this ${what}: ${why}; see docs/security.md, Signed work`;
  return ApplicationFailure.nonRetryable(message, NOT_SIGNED);
}
