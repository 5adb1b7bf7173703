/** The API server's `Status` object, as it answers every failure (meta/v1 Status). */
export interface Status {
  kind?: 'Status';
  status?: string;
  message?: string;
  reason?: string;
  code?: number;
  details?: {
    name?: string;
    kind?: string;
    retryAfterSeconds?: number;
    causes?: { reason?: string; message?: string; field?: string }[];
  };
}

export interface KubeErrorInit {
  /** Which request failed, as `PATCH deployments.apps edge/web-edge`. */
  request: string;
  /** HTTP status, or the code of a watch's ERROR event. */
  code: number;
  status?: Status | undefined;
  /** What the server said when it did not answer with a Status. */
  text?: string | undefined;
  retryAfterSeconds?: number | undefined;
}

/** Who says that he wants to be left alone for longer than this, in seconds, is asked all the same. */
const MOST_RETRY_AFTER = 60;

/** The API server answered, and the answer is no. The message is the request's name and the server's own words. */
export class KubeError extends Error {
  override readonly name = 'KubeError';
  readonly request: string;
  readonly code: number;
  /** The Status' machine-readable reason (`NotFound`, `Invalid`, …), or empty. */
  readonly reason: string;
  readonly status: Status | undefined;
  /** How long the server asks to be left alone, in seconds. */
  readonly retryAfterSeconds: number | undefined;

  constructor({ request, code, status, text, retryAfterSeconds }: KubeErrorInit) {
    super(`${request}: ${status?.message || text || `The API server answered ${code}`}`);
    this.request = request;
    this.code = code;
    this.reason = status?.reason ?? '';
    this.status = status;
    const seconds = retryAfterSeconds ?? status?.details?.retryAfterSeconds;
    this.retryAfterSeconds = seconds === undefined ? undefined : Math.min(MOST_RETRY_AFTER, Math.max(0, seconds));
  }
}

/** No (whole) answer: the server could not be reached, the connection broke, or the deadline passed. `cause` says which. */
export class KubeConnectionError extends Error {
  override readonly name = 'KubeConnectionError';
  readonly request: string;
  /** True when a deadline of ours passed; a write may then still have happened, as after any broken connection. */
  readonly timedOut: boolean;

  constructor(
    request: string,
    what: string,
    { cause, timedOut = false }: { cause?: unknown; timedOut?: boolean } = {},
  ) {
    super(`${request}: ${what}`, { cause });
    this.request = request;
    this.timedOut = timedOut;
  }
}

function answered(error: unknown, code: number): error is KubeError {
  return error instanceof KubeError && error.code === code;
}

/** There is no such object, by the word of Kubernetes. */
export function isNotFound(error: unknown): boolean {
  return answered(error, 404) && error.status !== undefined;
}

/** There is nothing at that path: the type is not installed, or something else than Kubernetes answers there. */
export function isNotServed(error: unknown): boolean {
  return answered(error, 404) && error.status === undefined;
}

/** A newer version of the object exists, a precondition failed, or another manager owns a field; not "already exists". */
export function isConflict(error: unknown): boolean {
  return answered(error, 409) && error.reason !== 'AlreadyExists';
}

export function isAlreadyExists(error: unknown): boolean {
  return answered(error, 409) && error.reason === 'AlreadyExists';
}

/** Not allowed: by RBAC, an admission rule or a quota. The message says which. */
export function isForbidden(error: unknown): boolean {
  return answered(error, 403);
}

/**
 * Refused by a rule that somebody made for that cluster or namespace, though the object is valid. The API server gives such a
 * refusal the code that the rule states, 400 or 422 where it states none; only its words tell it from an invalid object.
 */
export function isDenied(error: unknown): boolean {
  return error instanceof KubeError && DENIED.test(error.status?.message ?? '');
}

const DENIED =
  /admission webhook "[^"]*" denied the request|ValidatingAdmissionPolicy '[^']*' with binding '[^']*' denied request/;

/** A create was refused because there is no such namespace. */
export function isNamespaceMissing(error: unknown): boolean {
  return answered(error, 404) && error.status?.details?.kind === 'namespaces';
}

/** Refused because the namespace is being deleted: it passes once the namespace is gone and made again. */
export function isNamespaceTerminating(error: unknown): boolean {
  return answered(error, 403) && hasCause(error, 'NamespaceTerminating');
}

/** The object itself is wrong: failed validation, could not be decoded, or has fields that its type does not. */
export function isInvalid(error: unknown): boolean {
  return answered(error, 422) || answered(error, 400) || isUntypedPatch(error);
}

/** What the object would be as a whole failed validation: all its fields are known. */
export function isRefusedAsWhole(error: unknown): boolean {
  return answered(error, 422);
}

// The API server answers a server-side apply with unknown fields or doubled list keys with a 500 without a reason
// (structured-merge-diff's error comes through as it is); only the words tell it from a fault of the server.
function isUntypedPatch(error: unknown): boolean {
  return answered(error, 500) && error.reason === '' && error.message.includes('failed to create typed patch object');
}

/** The resourceVersion or continue token is too old: list again. */
export function isGone(error: unknown): boolean {
  return answered(error, 410);
}

/** A server-side apply met a field that another manager owns: trying again cannot help, `force` or giving way can. */
export function isFieldManagerConflict(error: unknown): boolean {
  return answered(error, 409) && hasCause(error, 'FieldManagerConflict');
}

/** The same request, perhaps on a freshly read object, may succeed later without anyone changing anything else. */
export function isTransient(error: unknown): boolean {
  if (error instanceof KubeConnectionError) return true;
  if (!(error instanceof KubeError)) return false;
  if (isConflict(error)) return !isFieldManagerConflict(error);
  if (isUntypedPatch(error)) return false;
  return error.code === 408 || error.code === 429 || error.code >= 500;
}

function hasCause(error: KubeError, reason: string): boolean {
  return error.status?.details?.causes?.some((cause) => cause.reason === reason) ?? false;
}

/** The words of whatever was thrown. */
export function messageOf(error: unknown): string {
  return (error as Error | undefined)?.message || String(error);
}
