import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FogRollout } from '../../model/types.ts';
import { DATA_AGE, dataAge } from '../data-age.ts';
import type { RolloutReader, Watched } from '../deps.ts';
import { rolloutNotFound, unavailable } from '../problems.ts';
import type { Representation } from '../representations.ts';

/**
 * Sends the bytes, or 304 to a client that has them, with how old they may be. Past Fastify, whose handling of headers and payloads
 * costs more than everything else here: all of the answer was made before, its headers included.
 */
export function sendRepresentation(
  request: FastifyRequest,
  reply: FastifyReply,
  made: Representation,
  ...sources: Watched[]
): void {
  const known = request.headers['if-none-match'];
  const unchanged = known !== undefined && matches(known, made.etag);
  const status = unchanged ? 304 : 200;
  const { body, headers: ofBody } = takesGzip(request) ? (made.gzipped ?? made) : made;
  const headers = unchanged ? made.unchangedHeaders : ofBody;
  const age = dataAge(...sources);
  reply.hijack();
  reply.raw.writeHead(status, age === undefined ? headers : [...headers, DATA_AGE, age]);
  // Node leaves the body out where the method is HEAD.
  reply.raw.end(unchanged ? undefined : body);
  request.server.countRequest(request, status);
}

/** As whoever takes it says it; who refuses it (`gzip;q=0`) gets the plain bytes (RFC 9110, 12.5.3). */
function takesGzip({ headers }: FastifyRequest): boolean {
  return /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(String(headers['accept-encoding'] ?? ''));
}

/** If-None-Match compares weakly (RFC 9110, 13.1.2). */
function matches(known: string, etag: string): boolean {
  return known.trim() === '*' || known.split(',').some((one) => one.trim().replace(/^W\//, '') === etag);
}

/** Before the first list is complete, what is missing may exist: say so rather than claim that it does not. */
export function requireSynced(rollouts: RolloutReader): void {
  if (!rollouts.hasSynced) throw unavailable('The list of FogRollouts is not read from Kubernetes yet');
}

/** @throws a Problem: 404 or, before the first list, 503 */
export function rolloutOf(rollouts: RolloutReader, namespace: string, name: string): FogRollout {
  requireSynced(rollouts);
  const rollout = rollouts.get(namespace, name);
  if (rollout === undefined) throw rolloutNotFound(namespace, name);
  return rollout;
}
