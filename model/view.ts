/** One view model feeds the API, the live terminal view and the Temporal UI's stage table. */
import { conditionOf } from './conditions.ts';
import { layerWords } from './layer-skip.ts';
import { LAYERS, type Layer, REMOVAL_ORDER } from './layers.ts';
import { placeText } from './run/gate-turn.ts';
import { boundText, durationText, oneLineOf, secondText } from './text.ts';
import type {
  FogRollout,
  FogRolloutStatus,
  GateStatus,
  Hold,
  LayerPhase,
  LayerSkip,
  LayerStatus,
  Phase,
  RevisionId,
  RolloutKey,
  RunReference,
  SiteCounts,
  SiteFailure,
} from './types.ts';

export interface StageView {
  layer: Layer;
  phase: LayerPhase;
  /** What the layer runs; absent while it was given nothing. */
  version?: string;
  sites: SiteCounts;
  /** Ready sites of all, e.g. `1/1`. */
  ready: string;
  message?: string;
  /** Who passes it over: at once, or when its turn comes. */
  skipped?: LayerSkip;
  /** What a stage that has not begun stands behind, e.g. `waiting for fog`. */
  waits?: string;
  startedAt?: string;
  finishedAt?: string;
  /** Until now while the stage goes on. */
  durationSeconds?: number;
}

/** The number of its last report is a matter of who writes the status. */
export type RunView = Omit<RunReference, 'reports'> & {
  /** Where people see its trace, where there is one and that is known. */
  traceUrl?: string;
};

export interface RolloutView extends RolloutKey {
  phase: Phase;
  /** What the object asks for. */
  version: string;
  /** What the whole rollout last completed. */
  completedVersion?: string;
  generation: number;
  observedGeneration: number;
  /** True when the generation the object is at now is ready in every layer. */
  ready: boolean;
  revision?: RevisionId;
  run?: RunView;
  message?: string;
  stages: StageView[];
  /** What the last run has waited for, or waits for, newest last. */
  gates: GateStatus[];
  /** Who paused it. */
  hold?: Hold;
  failures: SiteFailure[];
}

/** @param now RFC 3339; stages that go on are timed until then. */
export function viewOf({ metadata, spec, status }: FogRollout, now: string): RolloutView {
  const layers = LAYERS.filter((layer) => spec.deployments[layer]).map(unseen);
  const known: FogRolloutStatus = { observedGeneration: -1, phase: 'Pending', layers, ...status };
  const view = viewOfStatus(metadata, known, now);
  view.version = spec.version;
  view.generation = metadata.generation;
  view.ready &&= known.observedGeneration === metadata.generation;
  if (metadata.deletionTimestamp) return { ...view, phase: 'Removing', ready: false };
  const ended = known.phase === 'Succeeded' || known.phase === 'Failed';
  if (ended && known.observedGeneration < metadata.generation) {
    return { ...view, phase: 'Pending', message: `waiting for a run of generation ${metadata.generation}` };
  }
  return view;
}

/** The same of a status alone, as a run holds it. */
export function viewOfStatus({ namespace, name }: RolloutKey, status: FogRolloutStatus, now: string): RolloutView {
  const ready = conditionOf(status.conditions, 'Ready');
  const layers = status.layers ?? [];
  return {
    namespace,
    name,
    phase: status.phase,
    version: status.revision?.version ?? status.version ?? '',
    ...(status.version !== undefined && { completedVersion: status.version }),
    generation: status.revision?.generation ?? status.observedGeneration,
    observedGeneration: status.observedGeneration,
    ready: ready?.status === 'True',
    ...(status.revision && { revision: status.revision }),
    ...(status.run && { run: runViewOf(status.run) }),
    ...(ready && { message: ready.message }),
    stages: layers.map((layer) => stageOf(layer, layers, status.phase, now)),
    gates: status.gates ?? [],
    ...(status.hold && { hold: status.hold }),
    failures: status.failures ?? [],
  };
}

/** Markdown for Temporal's current details: a table of the stages, and below it what failed last. */
export function stageTable(view: RolloutView): string {
  const rows = view.stages.map((stage) =>
    [
      `${PHASE_MARKS[stage.phase]}${NBSP}${stage.layer}`,
      stage.phase,
      stage.version ?? '–',
      `${stage.ready}${othersText(stage.sites)}`,
      timeOf(stage),
      stage.message ?? stage.waits ?? '',
    ].map(escapeMarkdown),
  );
  const lines = [
    padded(['Stage', 'Phase', 'Version', 'Ready', 'Time', 'Message']),
    Array(6).fill('---'),
    ...rows.map(padded),
  ];
  const title = `**${escapeMarkdown(`${view.namespace}/${view.name} ${view.version}`)}** · ${view.phase}`;
  const table = lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
  const below = [...view.gates.map(gateText), ...failureLines(view.failures, view.stages)];
  const list = below.map((line) => `- ${escapeMarkdown(line)}\n`).join('');
  return `${title}\n\n${table}${list === '' ? '' : `\n${list}`}`;
}

const GATE_MARKS: Record<GateStatus['state'], string> = { Closed: '…', Open: '✔', Failed: '✘' };

/** e.g. `… gate shop before the edge: waits for an approval`. */
export function gateText(gate: GateStatus): string {
  const { name, state, message } = gate;
  return `${GATE_MARKS[state] ?? '?'} gate ${name} ${placeText(gate)}: ${message}`;
}

/** Follows the ready sites where there are others that came to an end: `, 3 failed, 2 deferred, 1 unknown`. */
export function othersText(sites: SiteCounts): string {
  const others = (['failed', 'deferred', 'unknown'] as const).map((count) => [count, sites[count] ?? 0] as const);
  return others.flatMap(([count, number]) => (number > 0 ? [`, ${number} ${count}`] : [])).join('');
}

/** How many failures are shown below the stages, and the bytes of each. */
const SHOWN_FAILURES = 5;
const MAX_LINE = 300;

/**
 * The newest failures of sites, a few only, and how many more there are. What a stage says itself is not said again.
 *
 * @param failures - newest first
 */
export function failureLines(failures: SiteFailure[], stages: Pick<StageView, 'sites' | 'message'>[]): string[] {
  const others = failures.filter(({ message }) => stages.every((stage) => stage.message !== message));
  const shown = others.slice(0, SHOWN_FAILURES);
  const failed = stages.reduce((sum, { sites }) => sum + sites.failed, 0);
  const more = Math.max(others.length, failed - (failures.length - others.length)) - shown.length;
  return [
    ...shown.map((failure) => boundText(failureText(failure), MAX_LINE)),
    ...(more > 0 ? [`and ${more} more`] : []),
  ];
}

/** Names the site once. */
export function failureText({ site, message }: Pick<SiteFailure, 'site' | 'message'>): string {
  return message.includes(site) ? message : `${site}: ${message}`;
}

export function runViewOf({ reports: _, ...run }: RunReference): RunView {
  return run;
}

const NBSP = '\u00a0';

/** Temporal's UI sets the columns of a table without any space between them. */
function padded(cells: string[]): string[] {
  return cells.map((cell) => `${cell}${NBSP.repeat(3)}`);
}

/** The details are only set when something changes: how long a stage has been going on would soon be wrong. */
function timeOf({ startedAt, finishedAt, durationSeconds }: StageView): string {
  if (durationSeconds === undefined) return '–';
  return finishedAt ? durationText(durationSeconds) : `since ${startedAt && secondText(startedAt)}`;
}

/** Stands before a layer, wherever it is shown to people. */
export const PHASE_MARKS: Record<LayerPhase, string> = {
  Pending: '–',
  Progressing: '…',
  Ready: '✔',
  Skipped: '–',
  Failed: '✘',
  Removing: '⌫',
};

function unseen(name: Layer): LayerStatus {
  return { name, phase: 'Pending', sites: { total: 1, updated: 0, ready: 0, failed: 0, deferred: 0 } };
}

function stageOf(layer: LayerStatus, all: LayerStatus[], phase: Phase, now: string): StageView {
  const { name, sites, version, skipped, startedAt, finishedAt } = layer;
  const message = layerWords(layer);
  const begun = layer.phase !== 'Pending';
  const waits = waitsOf(layer, all, phase);
  const duration = begun ? secondsBetween(startedAt, finishedAt ?? now) : undefined;
  return {
    layer: name,
    phase: layer.phase,
    ...(version !== undefined && { version }),
    sites,
    ready: `${sites.ready}/${sites.total}`,
    ...(message !== undefined && { message }),
    ...(skipped && { skipped }),
    ...(waits !== undefined && { waits }),
    ...(begun && startedAt !== undefined && { startedAt }),
    ...(begun && finishedAt !== undefined && { finishedAt }),
    ...(duration !== undefined && { durationSeconds: duration }),
  };
}

function waitsOf({ name, phase }: LayerStatus, all: LayerStatus[], overall: Phase): string | undefined {
  if (overall === 'Removing') {
    const lower = REMOVAL_ORDER.slice(0, REMOVAL_ORDER.indexOf(name));
    const next = lower.findLast((layer) => all.some((other) => other.name === layer));
    return phase === 'Removing' || !next ? undefined : `waiting for ${next} to be removed`;
  }
  if (phase !== 'Pending') return undefined;
  const above = LAYERS.slice(0, LAYERS.indexOf(name));
  const failed = above.find((layer) => all.some((other) => other.name === layer && other.phase === 'Failed'));
  if (failed) return `not promoted: ${failed} failed`;
  const isOver = ({ phase: other }: LayerStatus) => other === 'Ready' || other === 'Skipped';
  const next = above.findLast((layer) => all.some((other) => other.name === layer && !isOver(other)));
  if (next) return `waiting for ${next}`;
  if (overall === 'Paused') return 'paused';
  return overall === 'WaitingForApproval' ? 'waiting for approval' : undefined;
}

function secondsBetween(from: string | undefined, to: string): number | undefined {
  const seconds = (Date.parse(to) - Date.parse(from ?? '')) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}

/** Cluster objects may carry any text: it must neither end a cell nor make a link or markup. */
function escapeMarkdown(text: string): string {
  return oneLineOf(text).replace(/[\\`*_[\]<>|~&]/g, '\\$&');
}
