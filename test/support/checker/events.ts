/** What the versions of objects say of rollouts, in the one order in which the API server numbers all changes. Pure. */
import type { V1Deployment } from '@kubernetes/client-node';
import { LAYERS, type Layer } from '../../../model/layers.ts';
import type { FogRollout } from '../../../model/types.ts';
import type { Version } from '../recorder.ts';

const PREFIX = 'fog-rollouts.paguos.io';

/** What an object says of itself as a release; written out here, not taken from the product. */
export interface Mark {
  /** `namespace/name` of the FogRollout, by the labels; undefined when somebody took one off. */
  rollout: string | undefined;
  /** Of the FogRollout. */
  uid: string;
  /** When the FogRollout was created, in milliseconds. */
  created: number;
  generation: number;
  /** Within the generation. */
  attempt: number;
}

export interface ReleaseEvent {
  type: 'release';
  kind: 'Deployment' | 'Service';
  /** `namespace/name`. */
  key: string;
  /** Of the object. */
  uid: string;
  isDeleted: boolean;
  /** Undefined of what is no release. */
  mark: Mark | undefined;
  /** Undefined where nothing tells. */
  layer: Layer | undefined;
  isReady: boolean;
  /** A person has said that what carries a later order may be written over. */
  isAdoptable: boolean;
  version: Version;
}

export interface RolloutEvent {
  type: 'rollout';
  key: string;
  uid: string;
  /** It is gone, or is to go. */
  isEnding: boolean;
  rollout: FogRollout;
  version: Version;
}

export type Event = ReleaseEvent | RolloutEvent;

export interface Fault {
  /** A sentence that names the object. */
  what: string;
  /** Keys of the objects whose events tell how it came. */
  about: string[];
  /** By which it was there. */
  at: Event;
}

/** @param before - uids of FogRollouts of which only the end was seen: what is theirs is left out */
export function eventsIn(versions: readonly Version[], before: ReadonlySet<string>): Event[] {
  const layers = layersOfPlaces(versions);
  return versions
    .map((version, at) => ({ version, at, revision: Number(version.object.metadata.resourceVersion) }))
    .sort((a, b) => a.revision - b.revision || a.at - b.at)
    .map(({ version }) => (version.kind === 'FogRollout' ? rolloutEvent(version) : releaseEvent(version, layers)))
    .filter((event) => !before.has(event.type === 'rollout' ? event.uid : (event.mark?.uid ?? '')));
}

function rolloutEvent(version: Version): RolloutEvent {
  const rollout = version.object as unknown as FogRollout;
  const { uid, deletionTimestamp } = rollout.metadata;
  const isEnding = version.isDeleted || deletionTimestamp !== undefined;
  return { type: 'rollout', key: version.key, uid, isEnding, rollout, version };
}

function releaseEvent(version: Version, layers: ReadonlyMap<string, Layer>): ReleaseEvent {
  const { kind, key, object, isDeleted } = version;
  const mark = markOf(object);
  const place = mark && `${object.metadata.namespace} ${mark.rollout}`;
  return {
    ...{ type: 'release', kind: kind as ReleaseEvent['kind'], key, uid: object.metadata.uid ?? '', isDeleted, mark },
    layer: kind === 'Deployment' ? layerIn(key) : layers.get(place ?? ''),
    isReady: kind === 'Deployment' && isReady(object),
    isAdoptable: object.metadata.annotations?.[`${PREFIX}/adopt`] === 'true',
    version,
  };
}

function markOf({ metadata }: Version['object']): Mark | undefined {
  const { labels = {}, annotations = {} } = metadata;
  const uid = annotations[`${PREFIX}/uid`];
  const generation = Number(annotations[`${PREFIX}/generation`]);
  if (!uid || Number.isNaN(generation)) return undefined;
  const [namespace, name] = [labels[`${PREFIX}/namespace`], labels['fog-rollout']];
  const created = Date.parse(annotations[`${PREFIX}/created`] ?? '');
  const attempt = Number(annotations[`${PREFIX}/attempt`] ?? 0);
  return { rollout: namespace && name ? `${namespace}/${name}` : undefined, uid, created, generation, attempt };
}

/** A Service does not say its layer; the Deployment beside it does. */
function layersOfPlaces(versions: readonly Version[]): Map<string, Layer> {
  const places = versions.flatMap(({ kind, key, object }): [string, Layer][] => {
    const layer = kind === 'Deployment' ? layerIn(key) : undefined;
    return layer ? [[`${object.metadata.namespace} ${markOf(object)?.rollout}`, layer]] : [];
  });
  return new Map(places);
}

function layerIn(key: string): Layer | undefined {
  return LAYERS.find((layer) => key.endsWith(`-${layer}`));
}

/** What kubectl rollout status calls rolled out. */
function isReady(object: Version['object']): boolean {
  const { metadata, spec, status } = object as unknown as V1Deployment;
  const wanted = spec?.replicas ?? 1;
  return (
    (status?.observedGeneration ?? 0) >= metadata!.generation! &&
    (status?.updatedReplicas ?? 0) >= wanted &&
    (status?.replicas ?? 0) === (status?.updatedReplicas ?? 0) &&
    (status?.availableReplicas ?? 0) >= wanted
  );
}

/** e.g. `generation 2`, or `generation 2, attempt 1`. */
export function givenText({ generation, attempt }: Mark): string {
  return attempt === 0 ? `generation ${generation}` : `generation ${generation}, attempt ${attempt}`;
}

/** For a person: `#123 Deployment edge/web-edge of shop/web: generation 2, not ready`. */
export function textOf(event: Event): string {
  const { resourceVersion } = event.version.object.metadata;
  if (event.type === 'rollout') {
    const { metadata, spec, status } = event.rollout;
    const { run, version } = status ?? {};
    const by = run ? ` by report ${run.reports} of run ${run.runId}, completed ${version ?? 'nothing'}` : '';
    const said = `generation ${metadata.generation} (${spec.version}), ${status?.phase ?? 'no status yet'}${by}`;
    return `#${resourceVersion} FogRollout ${event.key}: ${said}${event.isEnding ? ', to be removed' : ''}`;
  }
  const { kind, key, mark, isDeleted } = event;
  const whose = mark ? ` of ${mark.rollout ?? mark.uid}: ${givenText(mark)}` : ', nobody’s';
  const state = isDeleted ? ', deleted' : kind === 'Service' ? '' : event.isReady ? ', ready' : ', not ready';
  return `#${resourceVersion} ${kind} ${key}${whose}${state}`;
}
