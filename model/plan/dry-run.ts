/** What servers say to a plan, where one can be asked: by a dry run, which changes nothing. Pure, but for whom it asks. */
import { LAYERS, type Layer } from '../layers.ts';
import { ownerOf, revisionOf } from '../revision.ts';
import { HUB_CLUSTER, implicitSite, type Site, siteOf } from '../site.ts';
import type { FogRollout, FogSite } from '../types.ts';
import type { PlanFacts } from './facts.ts';
import { type ObjectDiff, objectDiff, type Rendered, renderedOf } from './renderings.ts';
import type { RolloutPlan } from './rollout-plan.ts';

/** An object as it is sent. */
export interface Judged {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace: string; labels?: Record<string, string> };
  spec?: unknown;
}

/** An object as it is live, where it is there, and as the API server would have it. */
export interface Pair {
  before?: Rendered;
  after: Rendered;
}

/** What a server answers. In all of them the words are the server's. */
export type Verdict =
  | { pairs: Pair[] }
  /** It would not take them. */
  | { refused: string }
  /** It would not say, or could not be asked. */
  | { unanswered: string }
  | { noNamespace: true };

/** The API server of the hub, asked in the name of whoever plans. */
export interface PlanServer {
  /** What it would make of objects that are applied in a namespace. */
  judge(namespace: string, objects: readonly Judged[]): Promise<Verdict>;
}

/** What servers say to a plan. */
export interface Asked {
  /** What they would refuse. */
  refusals: string[];
  /** What they could not be asked. */
  unknown: string[];
  /** By layer, what they would make of what a site is given, against what is live there. */
  diffs: Partial<Record<Layer, ObjectDiff[]>>;
}

const NOTHING: Asked = { refusals: [], unknown: [], diffs: {} };

/** Has the hub's API server judge what a site of each layer would be given: one for all, which are given the same. */
export async function dryRun(
  server: PlanServer,
  wanted: FogRollout,
  { live, sites }: Pick<PlanFacts, 'live' | 'sites'>,
): Promise<Asked> {
  const rollout = { ...(live ?? wanted), spec: wanted.spec };
  const how = { owner: ownerOf(rollout), revision: revisionOf(rollout) };
  const layers = LAYERS.filter((layer) => how.revision.layers[layer]);
  return together(await Promise.all(layers.map((layer) => askAbout(layer, server, { ...how, sites }))));
}

async function askAbout(
  layer: Layer,
  server: PlanServer,
  { sites, ...how }: Omit<Parameters<typeof renderedOf>[1], 'site'> & { sites: FogSite[] },
): Promise<Asked> {
  const site = hubSiteOf(layer, sites);
  if (!site)
    return { ...NOTHING, unknown: [`${layer}: no site of it is on the hub, so no server was asked what it takes`] };
  const release = renderedOf(layer, { ...how, site });
  if (typeof release !== 'object') return NOTHING; // the plan says why itself
  const { deployment, service } = release;
  const verdict = await server.judge(site.namespace, service ? [deployment, service] : [deployment]);
  if ('refused' in verdict) return { ...NOTHING, refusals: [`${layer}: ${verdict.refused}`] };
  if ('unanswered' in verdict)
    return { ...NOTHING, unknown: [`${layer}: whether a server takes it is not known: ${verdict.unanswered}`] };
  // Without its namespace there is nothing yet: Fog Rollouts makes it when it is needed.
  if ('noNamespace' in verdict) return NOTHING;
  return { ...NOTHING, diffs: { [layer]: verdict.pairs.flatMap(({ before, after }) => objectDiff(before, after)) } };
}

/** Has the API server judge the FogRollout itself: by the rules of the CRD that are no schema, by admission policies and quotas. */
export async function dryRunOfRollout(
  server: PlanServer,
  { apiVersion, kind, metadata: { name, namespace, labels }, spec }: FogRollout,
): Promise<Asked> {
  const verdict = await server.judge(namespace, [{ apiVersion, kind, metadata: { name, namespace, labels }, spec }]);
  if ('refused' in verdict) return { ...NOTHING, refusals: [verdict.refused] };
  if ('noNamespace' in verdict) return { ...NOTHING, refusals: [`the namespace ${namespace} does not exist`] };
  if ('unanswered' in verdict)
    return { ...NOTHING, unknown: [`whether the FogRollout itself is taken is not known: ${verdict.unanswered}`] };
  return NOTHING;
}

/** Several answers as one. */
export function together(all: readonly Asked[]): Asked {
  return {
    refusals: all.flatMap(({ refusals }) => refusals),
    unknown: all.flatMap(({ unknown }) => unknown),
    diffs: Object.assign({}, ...all.map(({ diffs }) => diffs)),
  };
}

/** A plan with what servers say to it; where none was asked, it says itself what changes. */
export function withAnswers(plan: RolloutPlan, { refusals, diffs }: Pick<Asked, 'refusals' | 'diffs'>): RolloutPlan {
  const steps = plan.steps.map((step) => {
    const told = step.kind === 'stage' ? diffs[step.layer] : undefined;
    if (step.kind !== 'stage' || !step.diff || !told) return step;
    const others = step.diff.filter(({ kind }) => !told.some((one) => one.kind === kind));
    return { ...step, diff: [...told, ...others] };
  });
  return { ...plan, steps, refusals: [...plan.refusals, ...refusals] };
}

/** Whether a refusal is one for lack of a right, by the words that API servers have for that: rules of clusters refuse with the same code. */
export function isForLackOfRight(words: string): boolean {
  return /User "[^"]*" cannot \w+ resource/.test(words);
}

function hubSiteOf(layer: Site['layer'], all: FogSite[]): Site | undefined {
  const sites = all.filter(({ spec }) => spec.layer === layer);
  return sites.length === 0 ? implicitSite(layer) : sites.map(siteOf).find(({ cluster }) => cluster === HUB_CLUSTER);
}
