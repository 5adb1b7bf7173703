/** What is told, as a CloudEvent: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md. Pure. */
import type { GateRecord, LayerRecord } from '../history/record.ts';
import type { Layer } from '../layers.ts';
import type { Order } from '../order.ts';
import { boundLine } from '../text.ts';
import type { GateStatus, LayerPhase, RolloutKey, SiteCounts } from '../types.ts';
import type { Course, Happened } from './course.ts';
import { type Kind, typeOf } from './kinds.ts';

/** The object's own fields, nothing of what containers are given. docs/notifications.schema.json says the same. */
export interface NotificationData extends RolloutKey {
  uid: string;
  /** Left out of an object that is gone and has had no run. */
  generation?: number;
  /** Of a rollback or restart. */
  attempt?: number;
  version?: string;
  runId?: string;
  /** A line for people. */
  message: string;
  /** CamelCase. */
  reason?: string;
  /** Who did it. */
  by?: string;
  /** Of what is told of a layer: that one. */
  layer?: NotifiedLayer;
  gate?: NotifiedGate;
  /** All layers, as they are when it is told. */
  layers: NotifiedLayer[];
}

export interface NotifiedLayer {
  name: Layer;
  phase: LayerPhase;
  sites: SiteCounts;
  startedAt?: string;
  finishedAt?: string;
  message?: string;
}

export type NotifiedGate = Pick<GateStatus, 'name' | 'layer' | 'at' | 'wave' | 'since' | 'message'>;

export interface CloudEvent {
  specversion: '1.0';
  id: string;
  source: string;
  type: string;
  subject: string;
  time: string;
  datacontenttype: 'application/json';
  data: NotificationData;
}

/** Bytes of a text. */
const MAX_TEXT = 1024;

export interface Telling {
  id: string;
  happened: Happened;
  rollout: RolloutKey & { uid: string };
  /** Left out of an object that is gone and was known by its name alone. */
  course?: Pick<Course, 'order' | 'version' | 'runId' | 'layers'> | undefined;
  /** Of this Fog Rollouts: a URI, or the beginning of one. */
  source: string;
  /** RFC 3339; what nobody has the time of has happened now. */
  now: string;
}

export function cloudEventOf({ id, happened, rollout, course, source, now }: Telling): CloudEvent {
  const { namespace, name, uid } = rollout;
  const { kind, at, message, reason, by, layer, gate } = happened;
  return {
    specversion: '1.0',
    id,
    source: `${source}/${namespace}/${name}`,
    type: typeOf(kind),
    subject: subjectOf(kind, course?.order, happened),
    time: at ?? now,
    datacontenttype: 'application/json',
    data: {
      namespace,
      name,
      uid,
      ...(course && { ...course.order, version: course.version, runId: course.runId }),
      message: boundLine(message, MAX_TEXT),
      ...(reason !== undefined && { reason: boundLine(reason, MAX_TEXT) }),
      ...(by !== undefined && { by: boundLine(by, MAX_TEXT) }),
      ...(layer && { layer: layerIn(layer) }),
      ...(gate && { gate: gateIn(gate) }),
      layers: (course?.layers ?? []).map(layerIn),
    },
  };
}

/** What of the rollout it is about, e.g. `generation/4/layer/cloud`. */
function subjectOf(kind: Kind, order: Order | undefined, { layer, gate }: Happened): string {
  if (!order) return kind.split('.')[0]!;
  const { generation, attempt = 0 } = order;
  const run = `generation/${generation}${attempt === 0 ? '' : `/attempt/${attempt}`}`;
  if (layer) return `${run}/layer/${layer.layer}`;
  return gate ? `${run}/gate/${gate.layer}/${gate.name}` : run;
}

function layerIn({ layer, phase, sites, startedAt, finishedAt, message }: LayerRecord): NotifiedLayer {
  return {
    name: layer,
    phase,
    sites,
    ...(startedAt !== undefined && { startedAt }),
    ...(finishedAt !== undefined && { finishedAt }),
    ...(message !== undefined && { message: boundLine(message, MAX_TEXT) }),
  };
}

function gateIn({ name, layer, at, wave, since, message }: GateRecord): NotifiedGate {
  return { name, layer, at, ...(wave !== undefined && { wave }), since, message: boundLine(message, MAX_TEXT) };
}
