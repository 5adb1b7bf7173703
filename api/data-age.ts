import type { FastifyReply } from 'fastify';
import type { Watched } from './deps.ts';

/** Of every answer from the caches: how many seconds ago the watch that it comes from last heard of Kubernetes. */
export const DATA_AGE = 'fog-rollouts-data-age';

/** As OpenAPI has it. */
export const DATA_AGE_HEADER = {
  'Fog-Rollouts-Data-Age': {
    description:
      'Seconds since Kubernetes was last heard of: what changed after that is not in the answer. Up to about 60 while nothing changes; more than 130 only while Kubernetes is out of reach.',
    type: 'integer',
    minimum: 0,
  },
};

/** The age of the oldest of them, in whole seconds, as the header has it; undefined where that is not known. */
export function dataAge(...sources: Watched[]): string | undefined {
  const ages = sources.flatMap(({ ageMs }) => ageMs ?? []);
  return ages.length === 0 ? undefined : String(Math.floor(Math.max(...ages) / 1000));
}

/** Puts it into the answer, whatever that will be; call it before anything is thrown. */
export function sayDataAge(reply: FastifyReply, ...sources: Watched[]): void {
  const age = dataAge(...sources);
  if (age !== undefined) reply.header(DATA_AGE, age);
}
