import type { FastifyReply, FastifyRequest } from 'fastify';
import type { UserInfo } from '../kube/reviews.ts';
import { type Access, AccessBusy, AccessUnavailable } from './access.ts';
import { Problem, unavailable } from './problems.ts';

/** RFC 6750, 2.1. Its length is bounded by that of all headers. */
const BEARER = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

const REALM = 'Bearer realm="fog-rollouts"';
const BUSY_RETRY_SECONDS = 1;

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose token the request came with, where the route asks for one. */
    user: UserInfo | undefined;
    /** That token, good when it was looked at: for what is asked of Kubernetes in their name. */
    token: string | undefined;
  }
}

/** A hook: nobody without a good token gets further. @throws a Problem: 401, 429 or 503 */
export function authenticated(
  access: Pick<Access, 'whoHas'>,
): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  return async (request) => {
    const { authorization } = request.headers;
    if (authorization === undefined) {
      throw unauthorized('A token is needed: send it as "Authorization: Bearer TOKEN"', REALM);
    }
    const [, token] = BEARER.exec(authorization) ?? [];
    const user = token === undefined ? undefined : await answered(access.whoHas(token));
    if (user === undefined) {
      throw unauthorized(
        'The token is not valid, has expired, or is not meant for this API',
        `${REALM}, error="invalid_token"`,
      );
    }
    request.user = user;
    request.token = token;
  };
}

/** @throws a Problem: 429 or 503 */
export async function answered<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof AccessBusy) {
      throw new Problem(429, error.message, { headers: { 'retry-after': String(BUSY_RETRY_SECONDS) } });
    }
    if (error instanceof AccessUnavailable) throw unavailable(error.message);
    throw error;
  }
}

function unauthorized(detail: string, challenge: string): Problem {
  return new Problem(401, detail, { headers: { 'www-authenticate': challenge } });
}
