import { styleText } from 'node:util';
import { LAYERS } from '../model/layers.ts';
import { durationText } from '../model/text.ts';
import type { FogRollout, GateStatus, LayerPhase } from '../model/types.ts';
import {
  failureLines,
  gateText,
  othersText,
  PHASE_MARKS,
  type RolloutView,
  type StageView,
  viewOf,
} from '../model/view.ts';

/** Styles text, or leaves it plain: when piped, or with `NO_COLOR`. */
export type Paint = (style: 'green' | 'red' | 'yellow' | 'dim' | 'bold', text: string) => string;

export const coloured: Paint = (style, text) => styleText(style, text, { validateStream: false });
export const plain: Paint = (_, text) => text;

const STYLES: Record<LayerPhase, Parameters<Paint>[0]> = {
  Pending: 'dim',
  Progressing: 'yellow',
  Ready: 'green',
  Failed: 'red',
  Removing: 'yellow',
};

/**
 * A rollout as a tree: what it is at, its layers with what each waits for, the gates between them, and the newest failures.
 *
 * @param now - RFC 3339
 */
export function statusLines(rollout: FogRollout, now: string, paint: Paint = plain): string[] {
  const view = viewOf(rollout, now);
  const { gates } = view;
  const branches = LAYERS.flatMap((layer) => {
    const stage = view.stages.find((one) => one.layer === layer);
    if (!stage) return [];
    const of = (at: GateStatus['at']) =>
      gates.filter((gate) => gate.layer === layer && gate.at === at).map((gate) => gateLine(gate, paint));
    return [...of('before'), stageLine(stage, paint), ...of('after')];
  });
  const failures = failureLines(view.failures, view.stages).map((line) => paint('red', line));
  const leaves = [...branches, ...failures];
  const lines = leaves.map((line, at) => `${at === leaves.length - 1 ? '└─' : '├─'} ${line}`);
  return [headLine(view, paint), ...(view.message ? [`│  ${view.message}`] : []), ...lines];
}

function headLine(
  { namespace, name, version, phase, ready, generation, completedVersion }: RolloutView,
  paint: Paint,
): string {
  const style = phase === 'Failed' ? 'red' : ready ? 'green' : 'yellow';
  const before =
    completedVersion && completedVersion !== version ? paint('dim', `, last complete ${completedVersion}`) : '';
  return `${paint('bold', `${namespace}/${name}`)} ${version} ${paint(style, phase)}${paint('dim', `, generation ${generation}`)}${before}`;
}

function stageLine(stage: StageView, paint: Paint): string {
  const { layer, phase, version = '–', ready, sites, message, waits, durationSeconds } = stage;
  const words = message ?? waits;
  return [
    paint(STYLES[phase], `${PHASE_MARKS[phase]} ${layer.padEnd(5)} ${phase.padEnd(11)}`),
    version,
    `${ready} ready${othersText(sites)}`,
    ...(durationSeconds === undefined ? [] : [paint('dim', durationText(durationSeconds))]),
    ...(words === undefined ? [] : [paint(phase === 'Failed' ? 'red' : 'dim', words)]),
  ].join('  ');
}

const GATE_STYLES: Record<GateStatus['state'], Parameters<Paint>[0]> = {
  Open: 'green',
  Closed: 'yellow',
  Failed: 'red',
};

function gateLine(gate: GateStatus, paint: Paint): string {
  return paint(GATE_STYLES[gate.state], gateText(gate));
}
