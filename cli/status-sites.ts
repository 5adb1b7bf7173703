/** What stands under a layer: waves, sites, Deployments, pods. */
import type { DeploymentView, PodView } from '../model/deployment-view.ts';
import type { SiteView, SiteViewPhase } from '../model/fleet/site-view.ts';
import type { ReadinessState } from '../model/readiness.ts';
import {
  type LayerTree,
  phasesIn,
  rankOf,
  type SiteCounts,
  type SiteTree,
  type WaveTree,
} from '../model/rollout-tree.ts';
import { HUB_CLUSTER } from '../model/site.ts';
import { ageText, boundLine, counted } from '../model/text.ts';
import type { Branch } from './branches.ts';
import type { Paint, Style } from './paint.ts';

export interface Shown {
  /** RFC 3339; ages are until then. */
  now: string;
  paint: Paint;
  /** Nothing is folded. */
  all: boolean;
}

/** A layer with more sites than these shows those alone that are not well, and this many of them; likewise pods. */
const MOST_SITES = 10;
const MOST_PODS = 5;
/** Bytes of what is said of one site or pod. */
const MAX_WORDS = 300;

/** Their part has not begun, or has ended without anything to look at: a number says enough. */
const QUIET: ReadonlySet<SiteViewPhase> = new Set(['Ready', 'Waiting', 'Blocked', 'Skipped', 'Removed']);

const MARKS: Record<SiteViewPhase, [mark: string, style: Style, words: string]> = {
  Failed: ['✘', 'red', 'failed'],
  Drifted: ['✘', 'red', 'drifted'],
  Unknown: ['?', 'yellow', 'unknown'],
  InFlight: ['…', 'yellow', 'in flight'],
  Deferred: ['…', 'yellow', 'deferred'],
  Held: ['–', 'yellow', 'held'],
  Blocked: ['–', 'dim', 'blocked'],
  Waiting: ['–', 'dim', 'waiting'],
  Skipped: ['–', 'dim', 'skipped'],
  Removed: ['⌫', 'dim', 'removed'],
  Ready: ['✔', 'green', 'ready'],
};

export function sitesUnder({ waves }: LayerTree, shown: Shown): Branch[] {
  const sites = waves.flatMap((wave) => wave.sites);
  const [first] = waves;
  if (first && first.name === undefined) {
    // A layer without FogSites: its line says of its one site all that there is to say.
    return sites.flatMap(({ deployment }) => (deployment ? [deploymentBranch(deployment, shown)] : []));
  }
  const named = namedOf(sites, shown);
  const branches = waves.map((wave) => waveBranch(wave, named, shown));
  const isDivided = waves.length > 1 || (first !== undefined && first.name !== 'all');
  return isDivided ? branches : branches.flatMap((branch) => branch.branches ?? []);
}

/** The sites of a layer that have a line of their own. */
function namedOf(sites: SiteTree[], { all }: Shown): ReadonlySet<SiteView> {
  if (all || sites.length <= MOST_SITES) return new Set(sites);
  const loud = sites.filter(({ phase }) => !QUIET.has(phase));
  return new Set(loud.sort((a, b) => rankOf(a.phase) - rankOf(b.phase)).slice(0, MOST_SITES));
}

function waveBranch({ name = '', counts, sites }: WaveTree, named: ReadonlySet<SiteView>, shown: Shown): Branch {
  const own = sites.filter((site) => named.has(site));
  const left: SiteCounts = { ...counts };
  for (const { phase } of own) left[phase]! -= 1;
  const branches = [...own.map((site) => siteBranch(site, shown)), ...foldedOf(left, own.length > 0, shown)];
  const line = `wave ${name}: ${sites.length === 1 ? '1 site' : `${numberText(sites.length)} sites`}`;
  const [[phase] = ['Ready' as const], ...others] = phasesIn(counts);
  if (own.length === 0 && others.length === 0 && QUIET.has(phase)) {
    const [mark, style, words] = MARKS[phase];
    return { line: `${shown.paint(style, `${mark} ${line}`)}, all ${words}` };
  }
  return { line: `${line}${shown.paint('dim', `, ${countsText(counts)}`)}`, branches };
}

/** What has no line of its own: what is loud and too much, then what is quiet, by its number. */
function foldedOf(left: SiteCounts, isMore: boolean, { paint }: Shown): Branch[] {
  const rest = phasesIn(left);
  const loud = rest.filter(([phase]) => !QUIET.has(phase));
  const quiet = rest.filter(([phase]) => QUIET.has(phase));
  const number = loud.reduce((sum, [, count]) => sum + count, 0);
  const words = countsText(Object.fromEntries(loud));
  const what = loud.length === 1 ? ` ${MARKS[loud[0]![0]][2]}` : `: ${words}`;
  const more = `… ${isMore ? 'and ' : ''}${numberText(number)} more${what}; --all or -o json names them`;
  return [
    ...(number > 0 ? [{ line: paint('red', more) }] : []),
    ...quiet.map(([phase, count]) => {
      const [mark, style, words] = MARKS[phase];
      return { line: paint(style, `${mark} ${numberText(count)} ${words}`) };
    }),
  ];
}

function siteBranch(site: SiteTree, shown: Shown): Branch {
  const { phase, version, deployment, reason, message } = site;
  const { paint } = shown;
  const [mark, style] = MARKS[phase];
  const words = message === undefined ? reason : reasonedWords(reason, withoutPrefix(message, `${site.site}: `));
  const isWell = phase === 'Ready' || deployment === undefined || QUIET.has(phase);
  const line = [
    paint(style, `${mark} ${site.site}  ${phase}`),
    ...(version === undefined ? [] : [version]),
    ...(isWell && deployment ? [`${deployment.ready} pods`] : []),
    ...placeWords(site),
    ...(words === undefined ? [] : [paint(style === 'green' ? 'dim' : style, words)]),
  ].join('  ');
  return { line, branches: deployment && (shown.all || !isWell) ? [deploymentBranch(deployment, shown, words)] : [] };
}

/** Beyond the hub, where: its pods are not to be seen from here. */
function placeWords({ cluster, queue }: SiteView): string[] {
  if (queue !== undefined) return [`cluster ${cluster} of queue ${queue}`];
  return cluster === HUB_CLUSTER ? [] : [`cluster ${cluster}`];
}

const STATES: Record<ReadinessState, [mark: string, style: Style]> = {
  ready: ['✔', 'green'],
  progressing: ['…', 'yellow'],
  failed: ['✘', 'red'],
  lost: ['✘', 'red'],
};

/** @param told - what was said of its site: of that, nothing is said again */
function deploymentBranch(deployment: DeploymentView, shown: Shown, told = ''): Branch {
  const { namespace, name, state, ready, message, since, pods } = deployment;
  const { paint, all } = shown;
  const [mark, style] = STATES[state];
  const news = message.split('; ').filter((words) => !told.includes(words));
  const line = [
    paint(style, `${mark} Deployment ${namespace}/${name}`),
    `${ready} pods available`,
    paint('dim', ageOf(since, shown)),
    ...(state === 'ready' || news.length === 0 ? [] : [paint(style, boundLine(news.join('; '), MAX_WORDS))]),
  ].join('  ');
  if (state === 'ready' && !all) return { line };
  const bad = pods.filter(({ isReady }) => !isReady);
  const named = all ? pods : bad.slice(0, MOST_PODS);
  const more = all ? 0 : bad.length - named.length;
  const well = all ? 0 : pods.length - bad.length;
  return {
    line,
    branches: [
      ...named.map((pod) => podBranch(pod, shown)),
      ...(more > 0 ? [{ line: paint('red', `… and ${numberText(more)} more that are not ready`) }] : []),
      ...(well > 0 ? [{ line: paint('green', `✔ ${numberText(well)} ${well === 1 ? 'pod' : 'pods'} ready`) }] : []),
    ],
  };
}

function podBranch({ name, isReady, containers, restarts, since, message }: PodView, shown: Shown): Branch {
  const { paint } = shown;
  const style = isReady ? 'green' : message === undefined ? 'yellow' : 'red';
  const line = [
    paint(style, `${isReady ? '✔' : message === undefined ? '…' : '✘'} pod ${name}`),
    `${containers} ready`,
    ...(restarts > 0 ? [counted(restarts, 'restart')] : []),
    paint('dim', ageOf(since, shown)),
    ...(message === undefined ? [] : [paint(style, boundLine(message, MAX_WORDS))]),
  ].join('  ');
  return { line };
}

/** The site is named before its words already. */
function withoutPrefix(message: string, prefix: string): string {
  return message.startsWith(prefix) ? message.slice(prefix.length) : message;
}

function reasonedWords(reason: string | undefined, message: string): string {
  const words = reason === undefined || message.includes(reason) ? message : `${reason}: ${message}`;
  return boundLine(words, MAX_WORDS);
}

function countsText(counts: SiteCounts): string {
  return phasesIn(counts)
    .map(([phase, count]) => `${numberText(count)} ${MARKS[phase][2]}`)
    .join(', ');
}

function numberText(number: number): string {
  return number.toLocaleString('en');
}

function ageOf(since: string, { now }: Shown): string {
  const seconds = (Date.parse(now) - Date.parse(since)) / 1000;
  return Number.isNaN(seconds) ? '' : ageText(seconds);
}
