/** The history that is kept in the cluster: how each run went, on the ControllerRevision of its generation. */
import { Context } from '@temporalio/activity';
import type { KubeClient } from '../kube/client.ts';
import type { CallOptions } from '../kube/connection.ts';
import { isInvalid, isNotFound, isTransient } from '../kube/errors.ts';
import { CONTROLLER_REVISIONS, type KubeObject } from '../kube/resources.ts';
import { annotationOf, keptGeneration, keptSelector } from '../model/history/kept.ts';
import type { OrderRecord } from '../model/history/left-behind.ts';
import { MAX_RUNS } from '../model/history/record.ts';
import { surplusOf } from '../model/history/surplus.ts';
import { ANNOTATIONS, RUN_ANNOTATION } from '../model/names.ts';
import type { Order } from '../model/order.ts';
import type { Owner, Revision } from '../model/types.ts';
import { forget, refOf } from './revisions.ts';

/** Of generations that were kept before their strategy said how many are. */
const KEPT_BEFORE = 10;

/** How long the API server may take for the record, in ms, and how often it is tried: no rollout is held up for its history. */
const RECORD_MS = 3_000;
const TRIES = 3;

/** Writes how a run went by its own word, once however often it is said; the last word counts. */
export async function recordEnd(client: KubeClient, owner: Owner, end: OrderRecord): Promise<void> {
  await record(client, owner, end, []);
}

/**
 * The same of a run that another takes the place of. Where it has said its end itself, that counts: its workflow task was
 * lost, and it knew nothing of that when it gave way.
 */
export async function recordLeftBehind(client: KubeClient, owner: Owner, left: OrderRecord): Promise<void> {
  await record(client, owner, left, [{ op: 'test', path: pathOf(annotationOf(left.record).key), value: null }]);
}

/**
 * What is not kept any more, or is another object's, has no history; and where it cannot be written it is done without, with
 * a line in the log.
 */
async function record(
  client: KubeClient,
  owner: Owner,
  { order, record: run }: OrderRecord,
  tests: object[],
): Promise<void> {
  const { key, value } = annotationOf(run);
  const body = [
    { op: 'test', path: pathOf(ANNOTATIONS.uid), value: owner.uid },
    ...tests,
    { op: 'add', path: pathOf(key), value },
  ];
  const ref = refOf(owner, order);
  await triedAFewTimes(owner, async (options) => {
    const kept = await client.patch<KubeObject>(CONTROLLER_REVISIONS, ref, { type: 'json', body }, options);
    const older = keysOfOlder(owner, kept);
    if (older.length === 0) return;
    const removal = older.map((one) => ({ op: 'remove', path: pathOf(one) }));
    await client.patch(CONTROLLER_REVISIONS, ref, { type: 'json', body: removal }, options);
  });
}

/**
 * Deletes what the strategy has kept no longer, by what there is: a limit that was lowered, and what an earlier look left.
 *
 * @param inUse - what layers run, as far as known, and what has succeeded: that stays
 */
export async function pruneRevisions(
  client: KubeClient,
  owner: Owner,
  present: Revision,
  inUse: Order[],
  options: CallOptions,
): Promise<void> {
  const limit = present.strategy.revisionHistoryLimit ?? KEPT_BEFORE;
  if (present.generation <= limit && !present.attempt) return; // there is none, or so few that a later look does
  try {
    const list = { namespace: owner.namespace, labelSelector: keptSelector(owner.name), limit: 500 };
    const { items } = await client.listMetadata(CONTROLLER_REVISIONS, list, options);
    const kept = items.flatMap(({ metadata }) => keptGeneration(owner.name, metadata) ?? []);
    const own = kept.filter(({ uid }) => uid === owner.uid);
    const surplus = surplusOf(own, { present, limit, inUse });
    await Promise.all(surplus.map((one) => forget(client, refOf(owner, one), options)));
  } catch (error) {
    if (options.signal?.aborted) throw error;
    tellOf(owner, error, 'Could not look for revisions that are kept no longer; the next change looks again');
  }
}

/** Of more runs than are kept, the oldest; one that cannot be read goes first. */
function keysOfOlder(owner: Owner, { metadata }: KubeObject): string[] {
  const runs = keptGeneration(owner.name, metadata)?.runs ?? [];
  const startOf = (run: (typeof runs)[number]) => (run.outcome === 'Unknown' ? 0 : Date.parse(run.startedAt));
  const newestFirst = runs.toSorted((a, b) => startOf(b) - startOf(a));
  return newestFirst.slice(MAX_RUNS).map(({ runId }) => RUN_ANNOTATION + runId);
}

async function triedAFewTimes(owner: Owner, act: (options: CallOptions) => Promise<void>): Promise<void> {
  const { cancellationSignal: signal, info } = Context.current();
  try {
    await act({ signal, timeoutMs: RECORD_MS });
  } catch (error) {
    if (signal.aborted) throw error;
    if (isNotFound(error) || isInvalid(error)) return;
    if (isTransient(error) && info.attempt < TRIES) throw error;
    tellOf(owner, error, 'Could not write the history of a run; it goes on without');
  }
}

function tellOf({ namespace, name }: Owner, error: unknown, what: string): void {
  Context.current().log.warn(what, { rollout: `${namespace}/${name}`, err: error });
}

/** Of an annotation, as a JSON pointer (RFC 6901). */
function pathOf(annotation: string): string {
  return `/metadata/annotations/${annotation.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
