import { isGrpcServiceError } from '@temporalio/client';
import { messageOf } from '../kube/errors.ts';
import { HINDRANCES, type Hindrance } from '../model/hindrance.ts';
import { firstLineOf } from '../model/text.ts';

/** google.rpc.Code, as gRPC answers carry them. */
const CODE = {
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  unimplemented: 12,
  outOfRange: 11,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** Temporal answered for a namespace, and it is not the one we asked about. */
export class OtherNamespaceError extends Error {
  override readonly name = 'OtherNamespaceError';
}

/**
 * What a failed call to Temporal means for a rollout that needed it. Its words are the same as long as the cause is.
 *
 * @param address - of Temporal, for people
 */
export function hindranceOf(error: unknown, address: string): Hindrance {
  const { code, words } = answerIn(error);
  const isRefusal = code === CODE.permissionDenied || code === CODE.unauthenticated;
  const reason = isAboutTheCall(code) ? HINDRANCES.signalRefused : HINDRANCES.temporalUnavailable;
  return {
    reason,
    state: 'reconciling',
    message: `Temporal at ${address} ${meaningOf(code)}: ${isRefusal ? withoutSecrets(words) : words}; tried again until it is well`,
  };
}

/** What is known while a call has not been answered. @param address - of Temporal, for people */
export function notTakenYet(address: string): Hindrance {
  const message = `Temporal at ${address} has not answered yet`;
  return { reason: HINDRANCES.temporalUnavailable, state: 'reconciling', message };
}

/** The server has no such search attribute: its database, or its namespace, was made anew since ours were registered. */
export function isMissingSearchAttribute(error: unknown): boolean {
  const { code, words } = answerIn(error);
  return code === CODE.invalidArgument && /search attribute/i.test(words);
}

/** There is no such run; said also of a namespace that is not there, which is another matter. */
function isNoSuchRun(error: unknown): boolean {
  const { code, words } = answerIn(error);
  return code === CODE.notFound && !/namespace/i.test(words);
}

/** Temporal knows no such run, or none that is open. The SDK makes an error of its own of some of these. */
export function isMissingRun(error: unknown): boolean {
  return (error instanceof Error && error.name === 'WorkflowNotFoundError') || isNoSuchRun(error);
}

/** Temporal is there, and does not answer this one question to us: it says nothing of whether it works. */
export function isOnlyTheQuestion(error: unknown): boolean {
  const { code } = answerIn(error);
  return code === CODE.permissionDenied || code === CODE.unimplemented || code === CODE.resourceExhausted;
}

/** True for what is wrong with what was sent, and not with the server. */
function isAboutTheCall(code: number | undefined): boolean {
  return code === CODE.invalidArgument || code === CODE.failedPrecondition || code === CODE.outOfRange;
}

function meaningOf(code: number | undefined): string {
  switch (code) {
    case CODE.unavailable:
      return 'cannot be reached';
    case CODE.deadlineExceeded:
      return 'does not answer in time';
    case CODE.permissionDenied:
    case CODE.unauthenticated:
      return 'does not let us in';
    case CODE.resourceExhausted:
      return 'has too much to do';
    case CODE.notFound:
      return 'does not have the namespace';
    default:
      return isAboutTheCall(code) ? 'does not take it' : 'cannot be used';
  }
}

/** The server's own words, which the SDK wraps in errors of its own. */
function answerIn(error: unknown): { code?: number; words: string } {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (isGrpcServiceError(cause)) return { code: cause.code, words: firstLine(cause.details || cause.message) };
  }
  return { words: firstLine(messageOf(error)) };
}

function firstLine(text: string): string {
  return firstLineOf(text).slice(0, 300);
}

/** A server, or a proxy before it, may quote the credential that it does not take: long runs of letters without a break. */
function withoutSecrets(words: string): string {
  return words.replace(/[A-Za-z0-9+/=_-]{24,}(\.[A-Za-z0-9+/=_-]{8,})*/g, '…');
}
