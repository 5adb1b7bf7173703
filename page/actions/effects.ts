/** What will happen, in words, before somebody asks for it: by what the rollout is at. Pure. */

import { LAYERS, type Layer } from '../../model/layers.ts';
import { ANNOTATIONS } from '../../model/names.ts';
import { counted } from '../../model/text.ts';
import type { FogRollout, GateStatus } from '../../model/types.ts';
import type { RolloutView, StageView } from '../../model/view.ts';
import { type ActionName, gateOf, isBeside, isYetToEnd } from './offers.ts';

/** What is about to be asked. */
export interface Asking {
  action: ActionName;
  gate?: GateStatus;
  layer?: Layer;
  wave?: string;
  site?: string;
  /** Of Rollback: to what; left out, to the revision that succeeded before. */
  to?: { generation: number; version?: string };
}

export interface Known {
  view: RolloutView;
  /** Left out while it is not known. */
  rollout?: FogRollout | undefined;
  /** How many sites of a layer are in flight, where that is known. */
  inFlight?: Partial<Record<Layer, number>>;
}

/** Sentences, the most important first. */
export function effectsOf(asking: Asking, known: Known): string[] {
  const { view } = known;
  switch (asking.action) {
    case 'Approve':
      return approved(asking.gate, known);
    case 'Reject':
      return [`The run of ${view.version} fails, and nothing further is begun.`, afterFailure(known)];
    case 'Pause':
      return [
        `No further step and no further site is begun.${finishing(known)}`,
        'It stays so until somebody resumes it. Meanwhile no release is put right.',
      ];
    case 'Resume':
      return resumed(known);
    case 'Abort':
      return [
        `The run of ${view.version} ends as Failed. What is under way is not waited for.`,
        `Sites stay as they are: ${readyText(view)}.`,
      ];
    case 'Retry':
      return retried(view);
    case 'Skip':
      return passed(asking, known);
    case 'Rollback':
      return rolledBack(asking, view);
    case 'Restart':
      return [
        `All pods are made anew with ${view.version}, layer by layer and wave by wave: ${sitesText(view.stages)}.`,
        'Its gates and windows hold it up as they do any change.',
      ];
  }
}

function approved(gate: GateStatus | undefined, { view, rollout }: Known): string[] {
  if (!gate) return [];
  if (gate.state !== 'Closed') return [`It is not waited for any more: ${gate.message}.`];
  if (!rollout) return ['What the gate asks for is being read.'];
  const { required = 1, notAuthor } = gateOf(gate, rollout)?.approval ?? {};
  const got = gate.decisions?.length ?? 0;
  const missing = required - got - 1;
  const others = view.gates.filter((one) => one.name !== gate.name && one.state === 'Closed' && isBeside(one, gate));
  const author = rollout?.metadata.annotations?.[ANNOTATIONS.changedBy];
  return [
    ...(missing > 0
      ? [`Yours is approval ${got + 1} of ${required}: the gate opens when ${peopleText(missing)} approved too.`]
      : [`The gate opens${others.length > 0 ? '' : `, and ${nextOf(gate, view)}`}.`]),
    ...(others.length > 0 ? [`Beside it, ${others.map(({ name }) => name).join(', ')} is waited for.`] : []),
    ...(notAuthor ? [`Whoever last changed spec cannot approve${author ? `: that is ${author}` : ''}.`] : []),
    ...(view.hold ? [`It is paused by ${view.hold.by}: nothing is begun before somebody resumes it.`] : []),
  ];
}

function peopleText(count: number): string {
  return count === 1 ? 'another person has' : `${count} other people have`;
}

/** What a gate holds up. */
function nextOf({ layer, at, wave }: GateStatus, { stages, version }: RolloutView): string {
  const stage = stages.find((one) => one.layer === layer);
  if (at === 'before') return `${version} goes to the ${layer}: ${sitesText(stage ? [stage] : [])}`;
  if (wave !== undefined) return `the ${layer} goes on with the wave after ${wave}`;
  const next = stages.slice(stages.findIndex((one) => one.layer === layer) + 1).find(isYetToEnd);
  return next ? `${version} may go to the ${next.layer}: ${sitesText([next])}` : `${version} has succeeded`;
}

function afterFailure({ view, rollout }: Known): string {
  const { completedVersion, stages } = view;
  if (rollout?.spec.strategy?.onFailure === 'Rollback' && completedVersion !== undefined) {
    return `All layers go back to ${completedVersion}, ${backwards(stages)}.`;
  }
  return `Layers stay as they are: ${stages.map(({ layer, version = 'nothing' }) => `${layer} ${version}`).join(', ')}.`;
}

function finishing({ view, inFlight = {} }: Known): string {
  const busy = view.stages.filter(({ phase }) => phase === 'Progressing');
  if (busy.length === 0) return '';
  const texts = busy.map(({ layer }) =>
    inFlight[layer] ? `${counted(inFlight[layer], 'site')} of the ${layer}` : layer,
  );
  return ` What is under way finishes: ${texts.join(', ')}.`;
}

function resumed({ view, rollout }: Known): string[] {
  const { hold, gates, stages, version } = view;
  const next = stages.find(isYetToEnd);
  const lapsed = gates.filter(({ state }) => state === 'Failed');
  const isStill = rollout?.spec.strategy?.paused === true;
  if (view.phase !== 'Paused' && rollout?.status?.rollback) {
    return [`${rollout.spec.version} is promoted again, ${stages.map(({ layer }) => layer).join(', then ')}.`];
  }
  return [
    ...(hold ? [`The pause by ${hold.by} ends${next ? `, and ${version} goes on with the ${next.layer}` : ''}.`] : []),
    ...lapsed.map(({ name }) => `The gate ${name} waits anew, as long as it did before.`),
    ...(isStill ? ['spec.strategy.paused still holds it; that is ended by changing it.'] : []),
  ];
}

function retried({ version, stages }: RolloutView): string[] {
  const isDone = (stage: StageView) => stage.phase === 'Ready';
  const done = stages.filter(isDone).map(({ layer }) => layer);
  const rest = stages.filter((stage) => !isDone(stage));
  return [
    `${version} is rolled out again${rest.length > 0 ? `: ${rest.map(({ layer }) => layer).join(', then ')}` : ''}.`,
    ...(done.length > 0 ? [`What is done costs nothing: ${done.join(', ')}.`] : []),
  ];
}

function passed({ layer, wave, site }: Asking, { view }: Known): string[] {
  if (site !== undefined) return [`${site} is passed over, and given nothing by ${view.version}; the others go on.`];
  if (wave !== undefined)
    return [`What is left of ${wave} is passed over, and the ${layer} goes on with the next wave.`];
  const stage = view.stages.find((one) => one.layer === layer);
  if (!stage) return ['Say which layer is passed over.'];
  const what =
    stage.phase === 'Progressing'
      ? `No further site of the ${layer} is begun; what is under way there finishes.`
      : `The ${layer} is passed over when its turn comes, with its gates.`;
  const keeps = stage.version === undefined ? 'It is given nothing' : `It keeps ${stage.version}`;
  return [what, `${keeps}, and Ready is False in the end: a Retry rolls ${view.version} out there.`];
}

function rolledBack({ to }: Asking, { stages, version }: RolloutView): string[] {
  const what = to ? `${to.version ?? 'what was'} of generation ${to.generation}` : 'the revision that succeeded before';
  return [
    `All layers go back to ${what}, ${backwards(stages)}. What is under way is stopped.`,
    'Gates, windows and pauses hold it up no longer.',
    `spec still asks for ${version}: a change of it, or a Resume, promotes it again.`,
  ];
}

function backwards(stages: StageView[]): string {
  const layers = LAYERS.toReversed().filter((layer) => stages.some((stage) => stage.layer === layer));
  return layers.join(', then ');
}

function sitesText(stages: StageView[]): string {
  return counted(
    stages.reduce((sum, { sites }) => sum + sites.total, 0),
    'site',
  );
}

function readyText({ stages }: RolloutView): string {
  return stages.map(({ layer, ready }) => `${layer} ${ready}`).join(', ');
}
