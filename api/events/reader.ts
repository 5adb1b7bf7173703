/** How far a listener has come, and what it is told next. */
import type { FogRollout, RolloutKey } from '../../model/types.ts';
import type { Change, Changes } from './changes.ts';

/** One event of a stream, before it is text. */
export interface Told {
  event: 'status' | 'deleted' | 'reset' | 'synced' | 'sites';
  /** What the client says when it comes again; empty where it is to begin anew then. Left out, it keeps the one before. */
  id?: string;
  /** What it is about; of `reset` and `synced` nothing. */
  change?: Change;
  /** Whose sites have changed, of `sites`. */
  rollout?: RolloutKey;
  isLast?: boolean;
}

export interface Reader {
  /** undefined when there is nothing to tell now. */
  next(): Told | undefined;
}

/**
 * Follows one FogRollout. Its ids name a state of the object, so that they hold in any process of the API: who has seen the
 * present state is told nothing.
 *
 * @param last - the id that the client has last seen; whatever is none of ours counts as none
 */
export function readerOfOne(changes: Changes, { metadata }: FogRollout, last: string | undefined): Reader {
  const { namespace, name, uid } = metadata;
  const seen = last?.indexOf('.') ?? -1;
  const lastUid = seen > 0 ? last!.slice(0, seen) : undefined;
  // What it followed has gone, and its name is another object's by now.
  const follows = lastUid !== undefined && UID.test(lastUid) ? lastUid : uid;
  let told = last;
  return {
    next() {
      const change = changes.latest(namespace, name);
      if (!change) return undefined;
      if (change.isGone || change.uid !== follows) {
        return { event: 'deleted', id: '', change: { ...change, uid: follows, isGone: true }, isLast: true };
      }
      const id = `${change.uid}.${change.resourceVersion}`;
      if (id === told) return undefined;
      told = id;
      return { event: 'status', id, change };
    },
  };
}

const UID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Follows the FogRollouts of a namespace, or all. Its ids are numbers of this process: who comes with another's, or has been away
 * for too long, is told to forget what it knows, and then everything anew.
 *
 * @param epoch - of this process
 * @param saysSynced - tells once when everything was told that there is
 */
export function readerOfMany(changes: Changes, { epoch, namespace, last, saysSynced = false }: Many): Reader {
  const [, of, number] = /^([0-9a-z-]+)\.(\d{1,15})$/.exec(last ?? '') ?? [];
  const resumes = of === epoch && changes.knowsSince(Number(number));
  let at = resumes ? Number(number) : 0;
  /** Who begins anew has never known of what went before. */
  let begun = resumes ? 0 : changes.head;
  let isReset = !resumes;
  let isToSay = saysSynced;
  return {
    next() {
      // What went while the client did not read may be more than is remembered.
      if (!changes.knowsSince(Math.max(at, begun))) [at, begun, isReset, isToSay] = [0, changes.head, true, saysSynced];
      if (isReset) {
        isReset = false;
        return { event: 'reset' };
      }
      for (let change = changes.after(at, namespace); change; change = changes.after(at, namespace)) {
        at = change.at;
        if (change.isGone && at <= begun) continue;
        return { event: change.isGone ? 'deleted' : 'status', id: `${epoch}.${at}`, change };
      }
      at = changes.head;
      if (!isToSay) return undefined;
      isToSay = false;
      return { event: 'synced' };
    },
  };
}

interface Many {
  epoch: string;
  namespace: string | undefined;
  last: string | undefined;
  saysSynced?: boolean;
}
