import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { asGiven, NOT_SIGNED, signedOrNot, whyNotFor } from '../model/signed.ts';

/**
 * Does what the hub has signed, and signed for that, and refuses the rest for good: trying again would change nothing.
 *
 * @throws ApplicationFailure of the type `NotSigned` that says what is wrong, and repeats nothing of what was asked
 */
export const onlySigned: ActivityInterceptorsFactory = ({ info }) => ({
  inbound: {
    async execute(input, next) {
      const why = whyNotFor(info.activityType, input.args, { isStrict: true });
      if (why !== undefined) {
        const message = `This worker does only what the hub has signed, and refuses this ${info.activityType}: ${why}; see docs/security.md, Signed work`;
        throw ApplicationFailure.nonRetryable(message, NOT_SIGNED);
      }
      // What an attempt before this one has told is the worker's own word.
      Object.assign(info, { heartbeatDetails: signedOrNot(info.heartbeatDetails) });
      return await next({ ...input, args: asGiven(input.args) });
    },
  },
});
