import { ApplicationFailure } from '@temporalio/activity';
import {
  isConflict,
  isDenied,
  isForbidden,
  isInvalid,
  isNamespaceTerminating,
  isNotServed,
  isTransient,
  KubeError,
} from '../kube/errors.ts';
import { FAILURE } from '../model/activities.ts';
import { InvalidReleaseError } from '../model/release.ts';

/** What may be thrown inside an activity besides what the API server says. */
export class ReleaseError extends Error {
  override readonly name = 'ReleaseError';
  /** One of the FAILURE types. */
  readonly reason: string;

  constructor(reason: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/**
 * The one place that decides whether a failure is tried again: connection, timeout, 401, 409, 429 and
 * 5xx are; an invalid object, a refusal, or an object that is not ours ends the stage at once.
 *
 * @param where - what people call the place, e.g. `edge`; starts the message
 */
export function toFailure(error: unknown, where: string): Error {
  if (error instanceof ApplicationFailure) return error;
  if (!(error instanceof Error)) return new Error(String(error));
  const message = `${where}: ${error.message}`;
  if (error instanceof ReleaseError) return final(error.reason, message, error);
  if (error instanceof InvalidReleaseError) return final(FAILURE.invalid, message, error);
  if (isNamespaceTerminating(error) || isConflict(error) || isTransient(error)) return transient(message, error);
  // Credentials that are not known, any more or yet, say nothing about the release, and are renewed behind our back.
  if (error instanceof KubeError && error.code === 401) return transient(message, error);
  // Every cluster has Deployments and Services: who says otherwise is no Kubernetes.
  if (isNotServed(error)) return transient(message, error);
  if (isForbidden(error) || isDenied(error)) return final(FAILURE.forbidden, message, error);
  if (isInvalid(error)) return final(FAILURE.invalid, message, error);
  if (error instanceof KubeError && error.code >= 400 && error.code < 500)
    return final(FAILURE.invalid, message, error);
  return transient(message, error);
}

/** Whether trying again cannot help, as {@link toFailure} decides it. */
export function isFinal(error: unknown): boolean {
  const failure = toFailure(error, '');
  return failure instanceof ApplicationFailure && failure.nonRetryable === true;
}

/** The hub is needed whatever it answers: what it refuses today (a missing right, say) is asked again. */
export function toRetried(error: unknown, where: string): Error {
  const failure = toFailure(error, where);
  if (!(failure instanceof ApplicationFailure) || !failure.nonRetryable) return failure;
  return transient(failure.message, failure);
}

/** A failure that nobody tries again: its time is over. */
export function asFinal(failure: Error): Error {
  if (failure instanceof ApplicationFailure && failure.nonRetryable) return failure;
  return final(FAILURE.transient, failure.message, failure);
}

function final(type: string, message: string, cause: Error): ApplicationFailure {
  return ApplicationFailure.create({ type, message, nonRetryable: true, cause });
}

function transient(message: string, cause: Error): ApplicationFailure {
  const seconds = cause instanceof KubeError ? cause.retryAfterSeconds : undefined;
  return ApplicationFailure.create({
    type: FAILURE.transient,
    message,
    cause,
    ...(seconds !== undefined && { nextRetryDelay: seconds * 1000 }),
  });
}
