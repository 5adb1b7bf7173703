import type { KubeClient } from '../../kube/client.ts';
import { type Clock, systemClock } from '../../kube/clock.ts';
import { isConflict, isInvalid, isNotFound } from '../../kube/errors.ts';
import type { Informer } from '../../kube/informer.ts';
import type { Log } from '../../kube/log.ts';
import { WorkQueue } from '../../kube/queue.ts';
import { type KubeObject, keyOf } from '../../kube/resources.ts';
import { FOG_ACTIONS, FOG_ROLLOUTS, ownerReference } from '../../model/names.ts';
import { layersIn } from '../../model/revision.ts';
import { takenOf } from '../../model/run/notes.ts';
import type { ActionRequest } from '../../model/run/steering.ts';
import { boundText } from '../../model/text.ts';
import type { AskedAction, FogAction, FogActionStatus, FogRollout, FogSite, Revision } from '../../model/types.ts';
import { isSettled } from '../decide.ts';
import { fleetOfChange } from '../fleet-layers.ts';
import type { Releases } from '../releases.ts';
import type { Signaller } from '../signaller.ts';
import type { Actor, Said } from './actor.ts';
import { begunBy, contentOf } from './begins.ts';

export interface ActionDeps {
  client: KubeClient;
  rollouts: Informer<FogRollout & KubeObject>;
  /** With its rollout as index. */
  actions: Informer<FogAction & KubeObject>;
  sites: Informer<FogSite & KubeObject>;
  actor: Actor;
  signaller: Pick<Signaller, 'change'>;
  releases: Pick<Releases, 'kept'>;
  log: Log;
  clock?: Clock;
}

export type JudgeDeps = Pick<ActionDeps, 'client' | 'sites' | 'releases' | 'actor' | 'signaller'>;

/** Index of FogActions by the key of their FogRollout. */
export const ACTED_ON_INDEX = 'actedOn';

export function actedOn({ metadata, spec }: FogAction): string[] {
  return [keyOf(metadata.namespace, spec.rollout)];
}

/** How many FogActions of a rollout are kept that are settled; older ones are deleted. */
const KEPT = 50;
const WORKERS = 20;
const MAX_MESSAGE = 1_000;

export type Verdict = Required<Pick<FogActionStatus, 'state' | 'message'>>;

/**
 * Takes what people ask by FogActions: those of one rollout one after the other, in the order they were made. Each is settled
 * once, by what its status says; while Temporal is away it stays open, and is tried again.
 */
export async function runActions(deps: ActionDeps, signal: AbortSignal): Promise<void> {
  const { actions, rollouts, sites, log, clock = systemClock } = deps;
  const queue = new WorkQueue({ clock, baseMs: 200, maxMs: 30_000 });
  const look = (action: FogAction) => queue.add(actedOn(action)[0]!);
  await Promise.all([actions, rollouts, sites].map((informer) => informer.waitForSync(signal)));
  const unsubscribe = actions.subscribe({ onAdd: look, onUpdate: (_, action) => look(action) });
  try {
    await queue.run({
      workers: WORKERS,
      signal,
      handle: (key) => settleAll(key, deps),
      onError: (rollout, err, failures) => log.debug({ rollout, err, failures }, 'Could not settle a FogAction'),
    });
  } finally {
    unsubscribe();
  }
}

async function settleAll(key: string, deps: ActionDeps): Promise<void> {
  const { actions, client } = deps;
  const inOrder = actions.byIndex(ACTED_ON_INDEX, key).toSorted(byAge);
  for (const action of inOrder.filter(({ status }) => !status?.state)) {
    if (await isOpen(action, client)) await settle(action, deps);
  }
  const settled = inOrder.filter(({ status }) => status?.state);
  for (const { metadata } of settled.slice(0, Math.max(0, inOrder.length - KEPT))) {
    await unlessGone(client.delete(FOG_ACTIONS, metadata, { preconditions: { uid: metadata.uid } }));
  }
}

/** A cache may be behind: what was settled is not done again. */
async function isOpen({ metadata }: FogAction & KubeObject, client: KubeClient): Promise<boolean> {
  const live = await client.find<FogAction & KubeObject>(FOG_ACTIONS, metadata);
  return live?.metadata.uid === metadata.uid && !live.status?.state;
}

async function settle(action: FogAction & KubeObject, deps: ActionDeps): Promise<void> {
  const { client, log, clock = systemClock } = deps;
  const { metadata, spec } = action;
  const verdict = await verdictOn(action, deps);
  const { state, message } = verdict;
  const status: FogActionStatus = { state, message: boundText(message, MAX_MESSAGE), at: clock.date().toISOString() };
  const body = [
    { op: 'test', path: '/metadata/uid', value: metadata.uid },
    { op: 'add', path: '/status', value: status },
  ];
  await unlessGone(client.patch(FOG_ACTIONS, metadata, { type: 'json', body, subresource: 'status' }));
  log.info(
    { rollout: keyOf(metadata.namespace, spec.rollout), action: spec.action, by: spec.requestedBy, state },
    'Settled',
  );
}

/** @throws what keeps it from being settled now */
async function verdictOn(action: FogAction & KubeObject, deps: ActionDeps): Promise<Verdict> {
  const { metadata, spec } = action;
  const { namespace } = metadata;
  const key = { namespace, name: spec.rollout };
  const rollout = await find(key, deps);
  if (!rollout) return refused(`There is no FogRollout ${key.name} in the namespace ${namespace}`);
  const { requestedBy } = spec;
  if (requestedBy === undefined) {
    return refused(
      'Nobody vouches for who asks: spec.requestedBy is empty, and the admission policies are not installed',
    );
  }
  await belongTo(action, rollout, deps);
  return await judge({ metadata, spec: { ...spec, requestedBy } }, rollout, deps);
}

/**
 * Hands an action on, and says what has become of it; also one that is no object in the cluster.
 *
 * @throws what keeps it from being settled now
 */
export async function judge(action: AskedAction, rollout: FogRollout, deps: JudgeDeps): Promise<Verdict> {
  const { namespace, name } = rollout.metadata;
  const to = await contentOf(action, rollout, deps.releases);
  if (typeof to === 'string') return refused(to);
  const { site } = action.spec;
  const layer = site === undefined ? undefined : deps.sites.get(undefined, site)?.spec.layer;
  if (site !== undefined && layer === undefined) return refused(`There is no FogSite ${site}`);
  const request = { ...requestOf(action, to), ...(layer && { layer }) };
  const said = await deps.actor.act({ namespace, name }, request);
  return said.kind === 'noRun' ? await withoutRun(request, rollout, deps) : verdictOf(said);
}

/** A cache may be behind: asked of the API server before it is said that there is none. */
async function find(key: { namespace: string; name: string }, { rollouts, client }: ActionDeps) {
  return rollouts.get(key.namespace, key.name) ?? (await client.find<FogRollout & KubeObject>(FOG_ROLLOUTS, key));
}

/** It goes when its FogRollout goes. */
async function belongTo(action: FogAction & KubeObject, rollout: FogRollout, { client }: ActionDeps): Promise<void> {
  const { metadata } = action;
  if (metadata.ownerReferences?.some(({ uid }) => uid === rollout.metadata.uid)) return;
  const body = { metadata: { uid: metadata.uid, ownerReferences: [ownerReference(rollout.metadata)] } };
  await unlessGone(client.patch(FOG_ACTIONS, metadata, { type: 'merge', body }));
}

/** No run is open, or one that gives way: what begins another makes sense, and nothing else. */
async function withoutRun(request: ActionRequest, { metadata }: FogRollout, deps: JudgeDeps): Promise<Verdict> {
  // As it is, whatever a cache says: what one action has begun must not be begun by it once more.
  const rollout = await deps.client.find<FogRollout & KubeObject>(FOG_ROLLOUTS, metadata);
  if (rollout?.metadata.uid !== metadata.uid) return refused('It is gone');
  const { run } = rollout.status ?? {};
  if (run?.action === request.uid) return { state: 'Accepted', message: 'It was taken before' };
  if (rollout.metadata.deletionTimestamp) return refused('It is being deleted');
  if (!isSettled(rollout)) throw new Error(`The run of generation ${rollout.metadata.generation} has yet to begin`);
  if (run && secondOf(run.startedAt) > secondOf(request.at)) {
    return refused(`A run has begun since that was asked, at ${run.startedAt}; look at what came of it, and ask again`);
  }
  const begun = await begunBy(request, rollout, deps.releases);
  if (typeof begun === 'string') return refused(begun);
  const { change, message } = begun;
  const fleet = await fleetOfChange(deps, layersIn(change.revision));
  await deps.signaller.change({ ...change, fleet, action: request.uid, asked: takenOf(request) });
  return { state: 'Accepted', message };
}

/** Kubernetes' times are of whole seconds. */
function secondOf(time: string): number {
  return Math.floor(Date.parse(time) / 1000);
}

/** With the content of a Rollback or a Restart, where it is one. */
function requestOf({ metadata, spec }: AskedAction, to: Revision | undefined): ActionRequest {
  const { action, layer, wave, site, gate, revision, plan, reason, requestedBy: by } = spec;
  return {
    uid: metadata.uid,
    action,
    by,
    at: metadata.creationTimestamp,
    ...(layer && { layer }),
    ...(wave !== undefined && { wave }),
    ...(site !== undefined && { site }),
    ...(gate !== undefined && { gate }),
    ...(revision !== undefined && { revision }),
    ...(plan !== undefined && { plan }),
    ...(reason !== undefined && { reason }),
    ...(to && { to }),
  };
}

function verdictOf({ kind, message }: Exclude<Said, { kind: 'noRun' }>): Verdict {
  return { state: kind === 'accepted' ? 'Accepted' : 'Refused', message };
}

function refused(message: string): Verdict {
  return { state: 'Refused', message };
}

/** Made first, first; those of one second by their names. */
function byAge(a: FogAction, b: FogAction): number {
  const order = (one: FogAction) => `${one.metadata.creationTimestamp} ${one.metadata.name}`;
  return order(a) < order(b) ? -1 : 1;
}

/** Somebody deleted it, or it is another object by now. */
async function unlessGone(change: Promise<unknown>): Promise<void> {
  try {
    await change;
  } catch (error) {
    if (!isNotFound(error) && !isInvalid(error) && !isConflict(error)) throw error;
  }
}
