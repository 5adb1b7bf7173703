/** What is told of a rollout to others: the types of CloudEvents. Pure. */

/** Each begins with this and ends with its version: a change that breaks a reader is another version. */
const PREFIX = 'io.paguos.fogrollouts';
const VERSION = 'v1';

export const KINDS = [
  'rollout.started',
  'rollout.rollingback',
  'rollout.waiting',
  'rollout.paused',
  'rollout.resumed',
  'rollout.superseded',
  'rollout.succeeded',
  'rollout.failed',
  'rollout.rolledback',
  'rollout.removing',
  'rollout.removed',
  'layer.started',
  'layer.ready',
  'layer.failed',
  'layer.skipped',
] as const;

export type Kind = (typeof KINDS)[number];

/** e.g. `io.paguos.fogrollouts.layer.ready.v1`. */
export function typeOf(kind: Kind): string {
  return `${PREFIX}.${kind}.${VERSION}`;
}
