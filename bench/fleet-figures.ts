import { median, type Outcome, type Row, rounded } from './figures.ts';
import type { Histories, Seen } from './observe.ts';
import type { PerSite } from './spent.ts';

/** One rollout over a fleet. */
export interface Turn extends Seen, Histories, PerSite {
  ms: number;
}

/** All that was measured of a fleet. */
export interface Figures {
  sites: number;
  turns: Turn[];
  /** ms of each of the floor's turns. */
  floor: number[];
}

/** Sizes of the fleets of which a site's costs are compared. */
export const [SMALL, LARGE] = [1_000, 10_000];

/**
 * What a site costs: keys and names in the report. Time tells of the simulated cluster too, the others only of us.
 */
const COSTS = [
  ['perSiteRatio', 'msPerSite', 'ms'],
  ['perSiteActionsRatio', 'actionsPerSite', 'Temporal actions'],
  ['perSiteRequestsRatio', 'requestsPerSite', 'requests to Kubernetes'],
  ['perSiteCpuRatio', 'cpuMsPerSite', 'ms of our CPU'],
] as const;

/** What was measured, as a table and as JSON. */
export function fleetOutcome(measured: Figures[]): Outcome {
  const json: Outcome['json'] = {};
  const rows: Row[] = [];
  for (const figures of measured) {
    json[`sites${figures.sites}`] = summary(figures);
    rows.push(...rowsOf(figures));
  }
  const last = measured.at(-1);
  if (last) json.actionsPerSite = summary(last).actionsPerSite;
  const of = (sites: number) => {
    const figures = measured.find((one) => one.sites === sites);
    return figures && summary(figures);
  };
  const [small, large] = [of(SMALL), of(LARGE)];
  if (small && large) {
    const floor = floorGrowth(small.floorMsPerSite, large.floorMsPerSite);
    if (floor) json.perSiteFloorRatio = floor.ratio;
    for (const [key, figure, what] of COSTS) {
      json[key] = rounded(large[figure] / small[figure]);
      rows.push({
        name: 'fleet',
        figure: `${what} a site, ${LARGE} sites against ${SMALL}`,
        product: `${large[figure]} / ${small[figure]}`,
        floor: (figure === 'msPerSite' && floor?.words) || '-',
        result: `${json[key]}x`,
        bar: '<= 1.2x',
      });
    }
  }
  return { json, rows };
}

/** The script's own; undefined where it gave up. */
function floorGrowth(small: number | undefined, large: number | undefined) {
  if (small === undefined || large === undefined) return undefined;
  const ratio = rounded(large / small);
  return { ratio, words: `${large} / ${small} (${ratio}x)` };
}

function summary({ sites, turns, floor }: Figures) {
  const ms = median(turns.map((turn) => turn.ms));
  const most = (figure: Exclude<keyof Turn, 'ms'>) => rounded(Math.max(...turns.map((turn) => turn[figure])));
  return {
    seconds: rounded(ms / 1_000),
    msPerSite: rounded(ms / sites, 1),
    ...(floor.length > 0 && {
      floorSeconds: rounded(median(floor) / 1_000),
      floorMsPerSite: rounded(median(floor) / sites, 1),
      ratio: rounded(ms / median(floor)),
    }),
    actionsPerSite: most('actionsPerSite'),
    requestsPerSite: most('requestsPerSite'),
    cpuMsPerSite: most('cpuMsPerSite'),
    statusBytes: most('statusBytes'),
    peakRssMb: most('peakRssMb'),
    runEvents: most('runEvents'),
    runBytes: most('runBytes'),
    shards: most('shards'),
    shardEvents: most('shardEvents'),
    shardBytes: most('shardBytes'),
    rounds: turns.length,
  };
}

/** By the number of sites. */
const SECONDS_BAR: Record<number, string> = { 100: '< 10 s', 1000: '<= 1.5x' };
const MEMORY_BAR: Record<number, string> = { 1000: '<= 400', 10000: '<= 600' };

function rowsOf(figures: Figures): Row[] {
  const { sites } = figures;
  const of = summary(figures);
  const row = (figure: string, product: string | number, bar = '-', floor = '-', result = `${product}`): Row => ({
    name: 'fleet',
    figure: `${figure}, ${sites} sites`,
    product: `${product}`,
    floor,
    result,
    bar,
  });
  const ratio = of.ratio === undefined ? `${of.seconds}` : `${of.ratio}x`;
  return [
    row('seconds', of.seconds, SECONDS_BAR[sites] ?? '-', `${of.floorSeconds ?? '-'}`, ratio),
    row('Temporal actions a site', of.actionsPerSite, '<= 1.5'),
    row('requests to Kubernetes a site', of.requestsPerSite),
    row('ms of our CPU a site', of.cpuMsPerSite),
    row('bytes of the largest status', of.statusBytes, '< 65536'),
    row("events (bytes) of the run's largest history", `${of.runEvents} (${of.runBytes})`),
    row(`events (bytes) of the largest of ${of.shards} shards`, `${of.shardEvents} (${of.shardBytes})`),
    row('MB of memory at most', of.peakRssMb, MEMORY_BAR[sites] ?? '-'),
  ];
}
