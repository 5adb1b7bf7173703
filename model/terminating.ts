/** What is being deleted, and is not gone yet. Pure, and small: runs take it along. */

/**
 * That an object, of any kind, is being deleted, and by what it is held: to follow its name. Undefined when it is not.
 */
export function leavingText({ metadata }: { metadata?: object }): string | undefined {
  const { deletionTimestamp, finalizers = [] } = (metadata ?? {}) as {
    deletionTimestamp?: unknown;
    finalizers?: string[];
  };
  if (!deletionTimestamp) return undefined;
  if (finalizers.length === 0) return 'is being deleted';
  return `is being deleted, held by the finalizer${finalizers.length === 1 ? '' : 's'} ${finalizers.join(', ')}`;
}

/** Whether words about a release, of its drift or of its health, say that an object of it is being deleted ({@link leavingText}). */
export function isLeaving(words: string): boolean {
  return /^the (Deployment|Service) is being deleted\b/.test(words);
}
