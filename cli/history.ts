import { actorsOf, type PastRun } from '../model/history/past.ts';
import type { GateRecord, LayerRecord } from '../model/history/record.ts';
import type { TakenAction } from '../model/run/notes.ts';
import { durationText, secondText } from '../model/text.ts';
import type { SiteFailure } from '../model/types.ts';
import { failureText, gateText, othersText, PHASE_MARKS } from '../model/view.ts';
import { type Branch, drawn } from './branches.ts';
import { type Paint, plain, type Style } from './paint.ts';

const STYLES: Record<PastRun['outcome'], Style> = {
  Running: 'yellow',
  Succeeded: 'green',
  Failed: 'red',
  Aborted: 'red',
  RolledBack: 'yellow',
  Superseded: 'dim',
  Adjusted: 'dim',
  Interrupted: 'yellow',
  Unknown: 'dim',
};

/** Longest message of the table, in characters: a run is a line. */
const MOST_MESSAGE = 100;
const NOTHING = '–';

/**
 * A table, a line a run. Who acted is a column where anybody did.
 *
 * @param now - RFC 3339; what is under way has taken until then
 */
export function historyLines(runs: PastRun[], now: string, paint: Paint = plain): string[] {
  if (runs.length === 0) return ['Nothing is recorded yet'];
  const hasActors = runs.some((run) => actorsOf(run).length > 0);
  const heads = ['GENERATION', 'VERSION', 'OUTCOME', ...(hasActors ? ['BY'] : []), 'STARTED', 'TOOK', 'MESSAGE'];
  const rows = runs.map((run) => [
    orderOf(run),
    run.version ?? NOTHING,
    outcomeText(run),
    ...(hasActors ? [actorsOf(run).join(', ') || NOTHING] : []),
    run.outcome === 'Unknown' ? NOTHING : timeText(run.startedAt),
    tookText(run, now),
    shortened(run.message),
  ]);
  const widths = heads.map((head, at) => Math.max(head.length, ...rows.map((row) => row[at]!.length)));
  const line = (cells: string[], style?: Style) =>
    cells
      .map((cell, at) => {
        const padded = at === cells.length - 1 ? cell : cell.padEnd(widths[at]!);
        return style && at === OUTCOME ? paint(style, padded) : padded;
      })
      .join('   ');
  return [line(heads), ...rows.map((row, at) => line(row, STYLES[runs[at]!.outcome]))];
}

/** The column that is coloured. */
const OUTCOME = 2;

/** One run with its layers, the gates between them with who decided, and what people asked of it. */
export function runLines(run: PastRun, now: string, paint: Paint = plain): string[] {
  const { version = NOTHING, outcome, message, layers, gates, actions, failures, leftOut, startedAt } = run;
  const took = tookText(run, now);
  const times = outcome === 'Unknown' ? '' : `, ${timeText(startedAt)}, took ${took}`;
  const gatesAt = (layer: LayerRecord['layer'], at: GateRecord['at']) =>
    gates.filter((gate) => gate.layer === layer && gate.at === at).map(gateBranch);
  const branches = layers.flatMap((one) => [
    ...gatesAt(one.layer, 'before'),
    {
      line: layerLine(one.message === message ? { ...one, message: undefined } : one),
      branches: failureBranches(failures, one, message),
    },
    ...gatesAt(one.layer, 'after'),
  ]);
  const others = [...actions.map(actionText), ...(leftOut === undefined ? [] : [`too long to be kept: ${leftOut}`])];
  return [
    `${paint('bold', `generation ${orderOf(run)}`)} ${version} ${paint(STYLES[outcome], outcomeText(run))}${paint('dim', times)}`,
    `│  ${message}`,
    ...drawn([...branches, ...others.map((line) => ({ line }))]),
  ];
}

/** @param layer - with its message where that is not said for the whole run already */
function layerLine({
  layer,
  phase,
  sites,
  message,
  startedAt,
  finishedAt,
}: Omit<LayerRecord, 'message'> & { message?: string | undefined }): string {
  const isTimed = startedAt !== undefined && finishedAt !== undefined;
  return [
    `${PHASE_MARKS[phase] ?? '?'} ${layer.padEnd(5)} ${phase.padEnd(11)}`,
    `${sites.ready}/${sites.total} ready${othersText(sites)}`,
    ...(startedAt === undefined ? [] : [`from ${timeText(startedAt)}`]),
    ...(isTimed ? [durationText(secondsFrom(startedAt, finishedAt))] : []),
    ...(message === undefined ? [] : [message]),
  ].join('  ');
}

/** What the layer or the run says itself is not said again. */
function failureBranches(failures: SiteFailure[] = [], { layer, message }: LayerRecord, ofRun: string): Branch[] {
  return failures
    .filter((one) => one.layer === layer && one.message !== message && one.message !== ofRun)
    .map((failure) => ({ line: `${PHASE_MARKS.Failed} ${failureText(failure)}` }));
}

function gateBranch(gate: GateRecord): Branch {
  const { decisions = [], since } = gate;
  return {
    line: `${gateText(gate)}, from ${timeText(since)}`,
    branches: decisions.map(({ by, at }) => ({ line: `${by}, ${timeText(at)}` })),
  };
}

/** e.g. `Approve of the gate shop of the edge by alice, 2026-11-22 11:59:00Z: the shops are closed`. */
function actionText({ action, layer, wave, gate, plan, by, at, reason }: TakenAction): string {
  const what = gate === undefined ? '' : ` of the gate ${gate}`;
  const where = `${wave === undefined ? '' : ` after the wave ${wave}`}${layer === undefined ? '' : ` of the ${layer}`}`;
  const which = plan === undefined ? '' : ` of the plan ${plan}`;
  return `${action}${what}${where}${which} by ${by}, ${timeText(at)}${reason === undefined ? '' : `: ${reason}`}`;
}

function outcomeText({ outcome, kind }: PastRun): string {
  return kind === undefined || kind === 'rollout' ? outcome : `${outcome} (${kind})`;
}

/** As its ControllerRevision is named: `4`, or `4.1` for a later attempt. */
function orderOf({ generation, attempt = 0 }: PastRun): string {
  return attempt === 0 ? `${generation}` : `${generation}.${attempt}`;
}

/** To the second, in UTC, e.g. `2026-11-22 11:59:00Z`. */
function timeText(time: string): string {
  return secondText(time).replace('T', ' ');
}

function tookText({ outcome, startedAt, finishedAt }: PastRun, now: string): string {
  const end = outcome === 'Running' ? now : finishedAt;
  return end === undefined ? NOTHING : durationText(secondsFrom(startedAt, end));
}

function secondsFrom(from: string, to: string): number {
  return Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);
}

function shortened(text: string): string {
  return text.length > MOST_MESSAGE ? `${text.slice(0, MOST_MESSAGE - 1)}…` : text;
}
