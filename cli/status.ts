import { LAYERS } from '../model/layers.ts';
import type { LayerTree, RolloutTree } from '../model/rollout-tree.ts';
import { durationText } from '../model/text.ts';
import type { GateStatus, LayerPhase } from '../model/types.ts';
import { failureLines, gateText, othersText, PHASE_MARKS } from '../model/view.ts';
import { type Branch, drawn } from './branches.ts';
import { type Paint, plain, type Style } from './paint.ts';
import { type Shown, sitesUnder } from './status-sites.ts';

const STYLES: Record<LayerPhase, Style> = {
  Pending: 'dim',
  Progressing: 'yellow',
  Ready: 'green',
  Skipped: 'yellow',
  Failed: 'red',
  Removing: 'yellow',
};

const GATE_STYLES: Record<GateStatus['state'], Style> = { Open: 'green', Closed: 'yellow', Failed: 'red' };

/**
 * A rollout as a tree: what it is at, its layers between their gates, and under each its waves, sites, Deployments and pods,
 * the worst first. What is well, and what is too much, is one line with a number.
 */
export function statusLines(tree: RolloutTree, shown: Pick<Shown, 'now'> & Partial<Shown>): string[] {
  const { paint = plain, all = false, now } = shown;
  const branches = LAYERS.flatMap((layer) => {
    const stage = tree.layers.find((one) => one.layer === layer);
    if (!stage) return [];
    const gatesAt = (at: GateStatus['at']) =>
      tree.gates
        .filter((gate) => gate.layer === layer && gate.at === at)
        .map((gate) => ({ line: paint(GATE_STYLES[gate.state], gateText(gate)) }));
    const under = sitesUnder(stage, { paint, all, now });
    return [...gatesAt('before'), { line: stageLine(stage, paint), branches: under }, ...gatesAt('after')];
  });
  const message = tree.message ? [`│  ${tree.message}`] : [];
  return [
    headLine(tree, paint),
    ...message,
    ...drawn([...branches, ...failuresOf(tree, paint), ...unreadIn(tree, paint)]),
  ];
}

function headLine(
  { namespace, name, version, phase, ready, generation, completedVersion }: RolloutTree,
  paint: Paint,
): string {
  const style = phase === 'Failed' ? 'red' : ready ? 'green' : 'yellow';
  const before =
    completedVersion && completedVersion !== version ? paint('dim', `, last complete ${completedVersion}`) : '';
  return `${paint('bold', `${namespace}/${name}`)} ${version} ${paint(style, phase)}${paint('dim', `, generation ${generation}`)}${before}`;
}

function stageLine(stage: LayerTree, paint: Paint): string {
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

/** Of layers whose sites are not shown themselves. */
function failuresOf({ failures, layers }: RolloutTree, paint: Paint): Branch[] {
  const unseen = layers.filter(({ waves }) => waves.length === 0);
  const others = failures.filter(({ layer }) => unseen.some((stage) => stage.layer === layer));
  return failureLines(others, unseen).map((line) => ({ line: paint('red', line) }));
}

function unreadIn({ unread }: RolloutTree, paint: Paint): Branch[] {
  return unread.map((words) => ({ line: paint('yellow', `not shown: ${words}`) }));
}
