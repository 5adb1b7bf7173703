import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { signedOrNot, whyUnsigned } from './unsigned.ts';

/** Reason of a failure, as a FogRollout's status has it. */
export const NOT_SIGNED = 'NotSigned';

/**
 * Does what the hub has signed, and refuses the rest for good: trying again would change nothing.
 *
 * @throws ApplicationFailure of the type `NotSigned` that says what is wrong, and repeats nothing of what was asked
 */
export const onlySigned: ActivityInterceptorsFactory = ({ info }) => ({
  inbound: {
    async execute(input, next) {
      for (const arg of input.args) {
        const why = whyUnsigned(arg);
        if (why === undefined) continue;
        const message = `The region's worker does only what its hub has signed, and refuses this ${info.activityType}: ${why}; see docs/security.md, Signed work`;
        throw ApplicationFailure.nonRetryable(message, NOT_SIGNED);
      }
      // What an attempt before this one has told is a region's own word.
      Object.assign(info, { heartbeatDetails: signedOrNot(info.heartbeatDetails) });
      return await next(input);
    },
  },
});
