import { LAYERS, type Layer } from '../../../model/layers.ts';
import type { FogRollout } from '../../../model/types.ts';
import type { Event, Fault, Mark, ReleaseEvent, RolloutEvent } from './events.ts';

/**
 * A place is given a revision's content when the layer above is ready with that revision's, and not before; what is
 * called ready was, and what was completed stays said; and what is to go goes from the edge upwards. What is rolled back goes that
 * way too: a place is given back its content when no place below it has anything else. A layer that a person passes over is not
 * waited for, and the rollout never says that it is Ready.
 *
 * A revision is known by what it gives to a layer, not by its number: a place that has that already need not be written.
 *
 * @param parentOf - the Deployment that one waits for in place of the layer above
 */
export function orderFaults(events: readonly Event[], parentOf: ParentOf = () => undefined): Fault[] {
  const known = new Known();
  for (const event of events) if (event.type === 'rollout') seeExceptions(event, known);
  for (const event of events) {
    if (event.type === 'rollout') seeRollout(event, known);
    else if (event.mark && event.layer) seeRelease(event as MarkedEvent, known, parentOf);
    else if (!event.mark) known.leave(event.key);
  }
  return known.faults;
}

/** By the key of a Deployment. */
type ParentOf = (key: string) => string | undefined;

type MarkedEvent = ReleaseEvent & { mark: Mark; layer: Layer };

/** A Deployment's place in a rollout. */
interface Place {
  key: string;
  layer: Layer;
  /** What it was last given. */
  content: string;
  /** It was ready with that once. */
  wasReady: boolean;
  isThere: boolean;
}

class Revisions {
  readonly key: string;
  isWanted = true;
  newest = 0;
  /** The version that its status last said was completed. */
  completed: string | undefined;
  /** By `generation.attempt`, the generation whose content it is. */
  readonly rollbacks = new Map<string, number>();
  /** `generation layer`: a person has passed it over. */
  readonly passed = new Set<string>();
  readonly #specs = new Map<number, FogRollout['spec']>();
  /** By `generation layer`, the first generation since which the layer's content is the same. */
  readonly #since = new Map<string, number>();

  constructor(key: string) {
    this.key = key;
  }

  add(generation: number, spec: FogRollout['spec']): void {
    this.newest = Math.max(this.newest, generation);
    if (this.#specs.has(generation)) return;
    this.#specs.set(generation, spec);
    for (const layer of LAYERS) {
      const isSame = this.contentOf(generation - 1, layer) === this.contentOf(generation, layer);
      this.#since.set(`${generation} ${layer}`, isSame ? this.sinceOf(generation - 1, layer) : generation);
    }
  }

  /** The generation whose content is given: another one's in a rollback. */
  sourceOf({ generation, attempt }: Pick<Mark, 'generation' | 'attempt'>): number {
    return this.rollbacks.get(`${generation}.${attempt}`) ?? generation;
  }

  specOf(generation: number): FogRollout['spec'] | undefined {
    return this.#specs.get(generation);
  }

  layersOf(generation: number): Layer[] {
    return LAYERS.filter((layer) => this.#specs.get(generation)?.deployments[layer]);
  }

  /** The version belongs to it. Of a generation that was not seen, its number stands for it. */
  contentOf(generation: number, layer: Layer): string {
    const spec = this.#specs.get(generation);
    return spec ? JSON.stringify([spec.version, spec.deployments[layer]]) : `generation ${generation}`;
  }

  sinceOf(generation: number, layer: Layer): number {
    return this.#since.get(`${generation} ${layer}`) ?? generation;
  }
}

class Known {
  readonly faults: Fault[] = [];
  /** By uid of the FogRollout. */
  readonly rollouts = new Map<string, Revisions>();
  readonly places = new Map<string, Map<string, Place>>();
  /** The uid whose place each Deployment is now. */
  readonly #holders = new Map<string, string>();
  /** `uid layer since`: some place of the layer was ready with the content that it has since that generation. */
  readonly ready = new Set<string>();

  placesOf(uid: string, layer: Layer): Place[] {
    return [...(this.places.get(uid)?.values() ?? [])].filter((place) => place.layer === layer);
  }

  /** Another FogRollout of the name may have the object that was one's place. */
  take(uid: string, place: Place): void {
    if (this.#holders.get(place.key) !== uid) this.leave(place.key);
    this.#holders.set(place.key, uid);
    const places = this.places.get(uid) ?? new Map<string, Place>();
    this.places.set(uid, places.set(place.key, place));
  }

  leave(key: string): void {
    const place = this.places.get(this.#holders.get(key) ?? '')?.get(key);
    if (place) place.isThere = false;
  }

  isThere(uid: string, layer: Layer): boolean {
    return this.placesOf(uid, layer).some(({ isThere }) => isThere);
  }
}

/** Known before all else: a place may be given something before the status says why. */
function seeExceptions({ uid, key, rollout: { status } }: RolloutEvent, known: Known): void {
  const revisions = known.rollouts.get(uid) ?? new Revisions(key);
  known.rollouts.set(uid, revisions);
  const { revision, rollback, layers = [] } = status ?? {};
  if (!revision) return;
  if (rollback) revisions.rollbacks.set(`${revision.generation}.${revision.attempt}`, rollback.generation);
  for (const { name, skipped } of layers) if (skipped) revisions.passed.add(`${revision.generation} ${name}`);
}

function seeRollout(event: RolloutEvent, known: Known): void {
  const { uid, key, isEnding, rollout } = event;
  const { generation } = rollout.metadata;
  const revisions = known.rollouts.get(uid)!;
  revisions.isWanted = !isEnding;
  revisions.add(generation, rollout.spec);
  const { status } = rollout;
  if (revisions.completed && status && !status.version) {
    const what = `FogRollout ${key} no longer says that ${revisions.completed} was completed`;
    known.faults.push({ what, about: [key], at: event });
  }
  revisions.completed = status?.version;
  if (isEnding || !claimsReady(rollout)) return;
  const about = [key, ...(known.places.get(uid)?.keys() ?? [])];
  const source = status?.rollback?.generation ?? generation;
  const layers = revisions.layersOf(source);
  const isPassed = (layer: Layer) =>
    !saysReady(rollout) && status?.layers?.some(({ name, phase }) => name === layer && phase === 'Skipped');
  const never = layers.filter(
    (layer) => !isPassed(layer) && unreadyFor({ uid, generation: source, layer }, known) === 'never',
  );
  const fault = (what: string) =>
    known.faults.push({ what: `FogRollout ${key} is Ready at generation ${generation}, ${what}`, about, at: event });
  if (never.length > 0) fault(`which ${never} never was`);
  const left = LAYERS.filter((layer) => !layers.includes(layer) && known.isThere(uid, layer));
  if (left.length > 0) fault(`but ${left} still runs`);
}

/** That the generation is ready, or was when its run ended: neither may be said of one that never was. */
function claimsReady(rollout: FogRollout): boolean {
  const { status, metadata } = rollout;
  return (status?.phase === 'Succeeded' && status.observedGeneration === metadata.generation) || saysReady(rollout);
}

function saysReady({ status, metadata: { generation } }: FogRollout): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return ready?.status === 'True' && ready.observedGeneration === generation;
}

function seeRelease(event: MarkedEvent, known: Known, parentOf: ParentOf): void {
  const { mark, layer, key, kind } = event;
  const revisions = known.rollouts.get(mark.uid) ?? new Revisions(mark.rollout ?? '');
  const source = revisions.sourceOf(mark);
  const content = revisions.contentOf(source, layer);
  const placeKey = kind === 'Deployment' ? key : `${key.split('/')[0]}/${mark.rollout?.split('/')[1]}-${layer}`;
  const place = known.places.get(mark.uid)?.get(placeKey);
  if (event.isDeleted) {
    if (kind === 'Deployment') seeRemoval(event, known);
    if (kind === 'Deployment') known.leave(key);
    return;
  }
  // A new release's Service may be made before its Deployment, and waits for the same.
  if (place?.content !== content) {
    if (source === mark.generation) seePromotion(event, known, parentOf(placeKey));
    else seeReturn(event, known, source);
  }
  if (kind === 'Service') return;
  const wasReady = (place?.content === content && place.wasReady) || event.isReady;
  known.take(mark.uid, { key, layer, content, wasReady, isThere: true });
  if (wasReady) known.ready.add(`${mark.uid} ${layer} ${revisions.sinceOf(source, layer)}`);
}

function seePromotion(event: MarkedEvent, known: Known, parent: string | undefined): void {
  const { kind, key, layer, mark } = event;
  const { uid, generation } = mark;
  const revisions = known.rollouts.get(uid);
  const spec = revisions?.specOf(generation);
  if (!revisions || !spec) return;
  const layers = revisions.layersOf(generation);
  const above = layers.slice(0, Math.max(0, layers.indexOf(layer)));
  const fault = (what: string, about: string[]) =>
    known.faults.push({
      what: `${kind} ${key} was given generation ${generation} before ${what} ready with it`,
      about: [revisions.key, key, ...about],
      at: event,
    });
  if (parent !== undefined) {
    const place = known.places.get(uid)?.get(parent);
    const isSame = place?.content === revisions.contentOf(generation, above.at(-1) ?? layer);
    if (!isSame || !place?.wasReady) fault(`its parent ${parent} was`, [parent]);
    return;
  }
  for (const higher of above) {
    if (revisions.passed.has(`${generation} ${higher}`)) continue;
    const unready = unreadyFor({ uid, generation, layer: higher }, known);
    const about = known.placesOf(uid, higher).map((place) => place.key);
    if (unready === 'never') fault(`the ${higher} was`, about);
    // How many may have failed is the product's to count.
    else if (unready.length > 0 && !spec.strategy?.layers?.[higher]?.maxFailures) fault(`${unready} was`, about);
  }
}

/** @param source - the generation whose content it is given back */
function seeReturn(event: MarkedEvent, known: Known, source: number): void {
  const { kind, key, layer, mark } = event;
  const revisions = known.rollouts.get(mark.uid)!;
  for (const lower of LAYERS.slice(LAYERS.indexOf(layer) + 1)) {
    const content = revisions.contentOf(source, lower);
    const isBack = (place: Place) => !place.isThere || (place.content === content && place.wasReady);
    const not = known.placesOf(mark.uid, lower).filter((place) => !isBack(place));
    const mayFail = revisions.specOf(mark.generation)?.strategy?.layers?.[lower]?.maxFailures !== undefined;
    if (not.length === 0 || mayFail) continue;
    const keys = not.map((place) => place.key);
    const what = `${kind} ${key} was given back generation ${source} before ${keys} had it`;
    known.faults.push({ what, about: [revisions.key, key, ...keys], at: event });
  }
}

/** Places of the layer that have the generation's content and were never ready with it; `never` when none was. */
function unreadyFor(
  { uid, generation, layer }: { uid: string; generation: number; layer: Layer },
  known: Known,
): string[] | 'never' {
  const revisions = known.rollouts.get(uid)!;
  const content = revisions.contentOf(generation, layer);
  const having = known.placesOf(uid, layer).filter((place) => place.content === content);
  // A newer revision may have come to it since.
  const wasReady = known.ready.has(`${uid} ${layer} ${revisions.sinceOf(generation, layer)}`);
  if (!wasReady && !having.some((place) => place.wasReady)) return 'never';
  return having.filter((place) => place.isThere && !place.wasReady).map(({ key }) => key);
}

function seeRemoval(event: MarkedEvent, known: Known): void {
  const { key, layer, mark } = event;
  const revisions = known.rollouts.get(mark.uid);
  const isWhole = !revisions?.isWanted;
  const kept = isWhole ? [] : revisions.layersOf(revisions.newest);
  if (kept.includes(layer)) return; // somebody else's doing, or a place that has no part any more
  const lower = LAYERS.slice(LAYERS.indexOf(layer) + 1).filter((below) => !kept.includes(below));
  for (const below of lower) {
    const there = known.placesOf(mark.uid, below).filter(({ isThere }) => isThere);
    if (there.length === 0) continue;
    const about = [...(revisions ? [revisions.key] : []), key, ...there.map((place) => place.key)];
    known.faults.push({
      what: `Deployment ${key} was removed before ${there.map((one) => one.key)}`,
      about,
      at: event,
    });
  }
}
