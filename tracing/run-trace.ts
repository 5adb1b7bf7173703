import type { Layer } from '../model/layers.ts';
import { orderIn } from '../model/order.ts';
import { ownerOf } from '../model/run/work.ts';
import type { Work } from '../model/signals.ts';
import { type Follower, type Part, type PartEnd, shardKey, siteKey, stepKey } from '../workflows/parts.ts';
import type { TracePlace } from './header.ts';
import { runSpanId, spanId, traceIdOf } from './ids.ts';
import { ATTRIBUTES, type EndedSpan } from './span.ts';

export interface RunTraceInput {
  workflowId: string;
  /** Of this Temporal run. */
  runId: string;
  /** When it began, ms since the epoch. */
  startedAt: number;
  /** What was handed to it: by the run it goes on with, or by the one whose shard it is. */
  from?: TracePlace | undefined;
  /** Of a shard, the Temporal run that has started it. */
  parentRunId?: string | undefined;
  now(): number;
  ended(span: EndedSpan): void;
}

/** A span that has no end yet. */
interface OpenSpan {
  spanId: string;
  parentId: string;
  name: string;
  startedAt: number;
  attributes: EndedSpan['attributes'];
}

/** What a run hands to the one it goes on in. */
interface Carried {
  startedAt: number;
  open: Record<string, OpenSpan>;
}

/** The trace of a run, made from what it is told of its parts. A shard of its own has the spans of its sites. */
export class RunTrace implements Follower {
  readonly traceId: string;
  private readonly input: RunTraceInput;
  private readonly rootId: string;
  /** Of what says no other. */
  private readonly parentId: string;
  private readonly isShard: boolean;
  private readonly startedAt: number;
  private readonly open: Map<string, OpenSpan>;
  /** By the shard, the part that it is in. */
  private readonly shards = new Map<string, string>();
  private work: (() => Work) | undefined;

  constructor(input: RunTraceInput) {
    const { from, runId, parentRunId, startedAt } = input;
    this.input = input;
    this.isShard = parentRunId !== undefined;
    // Whoever starts a run by hand may be in a trace, too, which is not the run's.
    const place = this.isShard || from?.state !== undefined ? from : undefined;
    const carried = this.isShard ? undefined : carriedIn(place?.state);
    this.traceId = place?.traceId ?? traceIdOf(parentRunId ?? runId);
    this.rootId = runSpanId(this.traceId);
    this.parentId = (this.isShard && place?.parentId) || this.rootId;
    this.startedAt = carried?.startedAt ?? startedAt;
    this.open = new Map(Object.entries(carried?.open ?? {}));
  }

  run(work: () => Work): void {
    this.work = work;
  }

  began({ key, name, within, ...what }: Part): void {
    if (this.open.has(key)) return;
    const startedAt = this.input.now();
    const attributes: EndedSpan['attributes'] = {};
    for (const one of ['layer', 'wave', 'site'] as const) {
      const value = what[one];
      if (value !== undefined) attributes[ATTRIBUTES[one]] = value;
    }
    // By its time, too: a part may have its turn again.
    const id = spanId(this.traceId, `${key}/${startedAt}`);
    this.open.set(key, { spanId: id, parentId: this.idOf(within), name, startedAt, attributes });
  }

  ended(key: string, { phase, failure }: PartEnd = {}): void {
    const span = this.open.get(key);
    if (!span) return;
    this.open.delete(key);
    this.endWithin(span);
    const attributes = {
      ...span.attributes,
      ...(phase !== undefined && { [ATTRIBUTES.phase]: phase }),
      ...(failure && { [ATTRIBUTES.reason]: failure.reason }),
    };
    const hasFailed = failure && (phase === undefined || phase === 'failed');
    this.tell({ ...span, attributes, ...(hasFailed && { error: failure.message }) });
  }

  holds(part: string, shard: string): void {
    this.shards.set(shard, part);
  }

  /** @param error - why it has failed */
  runEnded(error?: string): void {
    for (const key of [...this.open.keys()]) this.ended(key);
    if (this.isShard) return;
    const { startedAt, rootId: id, input } = this;
    const { workflowId, runId } = input;
    const { name, attributes } = this.about();
    const where = { [ATTRIBUTES.workflowId]: workflowId, [ATTRIBUTES.runId]: runId };
    const root = { spanId: id, name, startedAt, attributes: { ...attributes, ...where } };
    this.tell({ ...root, ...(error !== undefined && { error }) });
  }

  /** Where an activity or a shard is that is begun with this input. */
  placeFor(type: string, [input]: unknown[]): TracePlace {
    const { traceId } = this;
    const { site, layer, sites = [], key } = (input ?? {}) as Begun;
    const at = layer ?? key?.layer ?? sites[0]?.layer;
    const parts = [
      site && siteKey(site),
      key && this.shards.get(shardKey(key)),
      ...(at === undefined ? [] : (['stage', 'drop'] as const).map((kind) => stepKey({ kind, layer: at }))),
      CHECKS.has(type) ? stepKey({ kind: 'check' }) : undefined,
    ];
    const part = parts.find((one) => one !== undefined && this.open.has(one));
    return { traceId, parentId: this.idOf(part) };
  }

  /** For the run that goes on with this one. */
  get carried(): TracePlace {
    const { traceId, parentId, startedAt, open } = this;
    const state: Carried = { startedAt, open: Object.fromEntries(open) };
    return { traceId, parentId, ...(!this.isShard && { state: JSON.stringify(state) }) };
  }

  private idOf(within: string | undefined): string {
    const part = within === undefined ? undefined : (this.shards.get(within) ?? within);
    return (part !== undefined && this.open.get(part)?.spanId) || this.parentId;
  }

  private endWithin(parent: OpenSpan): void {
    for (const [key, { parentId }] of [...this.open]) if (parentId === parent.spanId) this.ended(key);
  }

  private about(): Pick<EndedSpan, 'name' | 'attributes'> {
    const work = this.work?.();
    if (!work) return { name: 'run', attributes: {} };
    const { namespace, name } = ownerOf(work);
    const revision = work.kind === 'rollout' ? work.change.revision : undefined;
    const { generation, attempt } = orderIn(revision ?? (work.kind === 'repair' ? work.repair : { generation: 0 }));
    const attributes = {
      [ATTRIBUTES.namespace]: namespace,
      [ATTRIBUTES.rollout]: name,
      [ATTRIBUTES.kind]: work.kind,
      ...(revision && { [ATTRIBUTES.version]: revision.version }),
      ...(generation > 0 && { [ATTRIBUTES.generation]: generation }),
      ...(attempt !== undefined && { [ATTRIBUTES.attempt]: attempt }),
    };
    return { name: work.kind, attributes };
  }

  private tell(span: Omit<EndedSpan, 'traceId' | 'endedAt'>): void {
    const { traceId, input } = this;
    input.ended({ ...span, traceId, endedAt: input.now() });
  }
}

/** What of an activity's or a shard's input says where it belongs. */
interface Begun {
  site?: Parameters<typeof siteKey>[0];
  layer?: Layer;
  sites?: { layer: Layer }[];
  key?: Parameters<typeof shardKey>[0];
}

/** Activities of the step before the first write. */
const CHECKS: ReadonlySet<string> = new Set(['checkLayers', 'checkRelease']);

function carriedIn(state: string | undefined): Carried | undefined {
  if (state === undefined) return undefined;
  try {
    const { startedAt, open } = JSON.parse(state) as Carried;
    return typeof startedAt === 'number' && typeof open === 'object' && open !== null ? { startedAt, open } : undefined;
  } catch {
    return undefined;
  }
}
