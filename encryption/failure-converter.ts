import { DefaultFailureConverter } from '@temporalio/common';

/** Messages and stack traces of failures are payloads too, which the codec sees: for whoever encrypts. */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
