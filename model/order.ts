import type { RevisionId } from './types.ts';

/**
 * Which of two decisions about one rollout is later: the generation of its FogRollout, then the attempt within it. A
 * rollback or a restart is a later attempt of the same generation. Says nothing of content: two orders may stand for the
 * same ({@link contentHashOf}).
 */
export interface Order {
  generation: number;
  /** From 0 on, where left out. */
  attempt?: number;
}

/** The order of what carries one, and nothing else. */
export function orderIn({ generation, attempt }: { generation: number; attempt?: number | undefined }): Order {
  return { generation, ...(attempt !== undefined && { attempt }) };
}

/** What names a revision, of what carries more of it. */
export function revisionIdIn(revision: RevisionId): RevisionId {
  const { version, hash } = revision;
  return { ...orderIn(revision), version, hash };
}

/** Nothing was decided before it. */
export function isFirst({ generation, attempt = 0 }: Order): boolean {
  return generation === 1 && attempt === 0;
}

/** Both are the same decision. */
export function isSameOrder(a: Order, b: Order): boolean {
  return compareOrder(a, b) === 0;
}

/** Negative when `a` comes before `b`, 0 when they are the same decision. */
export function compareOrder(a: Order, b: Order): number {
  return a.generation - b.generation || (a.attempt ?? 0) - (b.attempt ?? 0);
}

/** e.g. `generation 4`, or `generation 4, attempt 2`. */
export function orderText({ generation, attempt = 0 }: Order): string {
  return attempt === 0 ? `generation ${generation}` : `generation ${generation}, attempt ${attempt}`;
}
