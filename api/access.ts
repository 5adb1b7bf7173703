import type { KubeClient } from '../kube/client.ts';
import { KubeConnectionError, KubeError } from '../kube/errors.ts';
import { type Attempt, isAllowed, type UserInfo, userOf } from '../kube/reviews.ts';
import { FOG_ACTIONS, FOG_ROLLOUTS } from '../model/names.ts';

/** Who asks, and whether they may. Nothing of it is kept: a token that is withdrawn ends with the next request. */
export interface Access {
  /**
   * @returns whose token it is; undefined when it is nobody's
   * @throws {@link AccessUnavailable}, {@link AccessBusy}
   */
  whoHas(token: string): Promise<UserInfo | undefined>;
  /** Whether they may create FogActions in a namespace. @throws as {@link whoHas} */
  mayAct(user: UserInfo, namespace: string): Promise<boolean>;
  /** Whether they may get FogRollouts there. @throws as {@link whoHas} */
  mayRead(user: UserInfo, namespace: string): Promise<boolean>;
}

/** Likewise of those who read. */
export interface ReadAccess extends Pick<Access, 'whoHas'> {
  /** Whether Kubernetes would let them. @throws as {@link Access.whoHas} */
  may(user: UserInfo, attempt: Attempt): Promise<boolean>;
}

/** Nobody can say now; the message says why. */
export class AccessUnavailable extends Error {
  override name = 'AccessUnavailable';
}

/** As many ask at once as are let through. */
export class AccessBusy extends Error {
  override name = 'AccessBusy';
}

/** Longest that the API server has for one answer, in milliseconds; the login of a cluster may ask others. */
const REVIEW_MS = 10_000;
/** Questions to the API server at a time: whoever sends us tokens without end must not reach it through us. */
const AT_ONCE = 50;

/**
 * By TokenReview and SubjectAccessReview.
 *
 * @param audience - whom tokens have to be meant for; left out, the API server
 */
export function createAccess(
  client: KubeClient,
  { audience }: { audience?: string | undefined } = {},
): Access & ReadAccess {
  let underWay = 0;

  async function ask<T>(question: () => Promise<T>): Promise<T> {
    if (underWay >= AT_ONCE) throw new AccessBusy('Too many tokens are being looked at');
    underWay += 1;
    try {
      return await question();
    } catch (error) {
      throw unavailableBy(error);
    } finally {
      underWay -= 1;
    }
  }

  const options = { timeoutMs: REVIEW_MS };
  const may = (user: UserInfo, attempt: Attempt) => ask(() => isAllowed(client, user, attempt, options));
  return {
    whoHas: (token) => ask(() => userOf(client, token, { ...options, audience })),
    may,
    mayAct: (user, namespace) => may(user, { verb: 'create', type: FOG_ACTIONS, namespace }),
    mayRead: (user, namespace) => may(user, { verb: 'get', type: FOG_ROLLOUTS, namespace }),
  };
}

function unavailableBy(error: unknown): unknown {
  if (error instanceof KubeConnectionError) {
    return new AccessUnavailable('Kubernetes, which knows who may do what, does not answer', { cause: error });
  }
  if (!(error instanceof KubeError)) return error;
  const isOurs = error.code === 401 || error.code === 403;
  const why = isOurs ? 'does not let Fog Rollouts ask it' : 'cannot say now';
  return new AccessUnavailable(`Kubernetes, which knows who may do what, ${why}`, { cause: error });
}
