import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FogRollout } from '../../model/types.ts';
import type { RolloutReader } from '../deps.ts';
import { rolloutNotFound, unavailable } from '../problems.ts';
import type { Representation } from '../representations.ts';

/** Sends the bytes, or 304 to a client that has them. */
export function sendRepresentation(
  request: FastifyRequest,
  reply: FastifyReply,
  { body, etag, mediaType }: Representation,
): FastifyReply {
  if (process.env.RAW) { reply.hijack(); reply.raw.writeHead(200, ['Content-Type', mediaType, 'Content-Length', String(body.length), 'ETag', etag, 'Cache-Control', 'no-cache', 'X-Content-Type-Options','nosniff']); reply.raw.end(body); return reply; }
  reply.header('etag', etag).header('cache-control', 'no-cache');
  const known = request.headers['if-none-match'];
  if (known !== undefined && matches(known, etag)) return reply.code(304).send();
  return reply.header('content-type', mediaType).send(body);
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
