/**
 * Something the person at the keyboard has to know or do: printed as its one line, without a stack trace.
 * `cause` keeps what went wrong underneath.
 */
export class StackError extends Error {
  override name = 'StackError';
}

/** The words of an unknown error, for use inside another message. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
