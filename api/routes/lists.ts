import { Type } from 'typebox';
import { keyOf } from '../../kube/resources.ts';
import { selects } from '../../model/fleet/selector.ts';
import { FOG_SITE_PHASES, siteSummaryOf } from '../../model/fleet/site-summary.ts';
import { selectorIn } from '../../model/label-selector.ts';
import { ROLLOUT_PHASES } from '../../model/phases.ts';
import { summaryOf } from '../../model/rollout-summary.ts';
import type { FogRollout, FogSite, SiteSelector } from '../../model/types.ts';
import type { App } from '../base.ts';
import { sayDataAge } from '../data-age.ts';
import type { ApiDeps } from '../deps.ts';
import { type Page, pageOf, type Row } from '../listing.ts';
import { keyInToken, type PagedList, pageToken } from '../page-tokens.ts';
import { badField, unavailable } from '../problems.ts';
import {
  FogSiteSummariesSchema,
  FogSiteSummarySchema,
  FogSitesQuery,
  PHASES_OF_FOG_SITES,
  PHASES_OF_ROLLOUTS,
  RolloutSummariesSchema,
  RolloutSummarySchema,
  RolloutsQuery,
} from '../schemas/lists.ts';
import { REQUIREMENTS } from '../schemas/parameters.ts';
import { aged, problems } from '../schemas/problem.ts';
import { afterOf, wordsOf } from './pages.ts';
import { requireSynced } from './respond.ts';

const ABOUT_PAGES =
  'Whatever comes and goes meanwhile, what is there all the time stands on one page, once: a page begins behind the last object of the one before.';

/** Lists over everything there is, all in one envelope: for programs that show or count it. */
export function addListRoutes(app: App, { rollouts, sites, clock }: Pick<ApiDeps, 'rollouts' | 'sites' | 'clock'>) {
  for (const schema of [RolloutSummarySchema, RolloutSummariesSchema, FogSiteSummarySchema, FogSiteSummariesSchema]) {
    app.addSchema(schema);
  }
  const rolloutRow = onceEach((rollout: FogRollout) => {
    const summary = summaryOf(rollout);
    return { key: keyOf(summary.namespace, summary.name), phase: summary.phase, summary };
  });
  const siteRow = onceEach((site: FogSite) => {
    const summary = siteSummaryOf(site);
    return { key: summary.name, phase: summary.phase, summary };
  });

  app.get(
    '/api/v1/rollouts',
    {
      config: { reads: 'rollouts', requirements: PHASES_OF_ROLLOUTS },
      schema: {
        operationId: 'summarizeRollouts',
        summary: 'FogRollouts of all namespaces or of one, in a few lines each, page by page',
        description: ABOUT_PAGES,
        tags: ['rollouts'],
        querystring: RolloutsQuery,
        response: { 200: aged('A page of FogRollouts', Type.Ref('RolloutSummaries#')), ...problems(400, 503) },
      },
    },
    (request, reply) => {
      const { namespace, phase, labelSelector, limit, continue: token } = request.query;
      sayDataAge(reply, rollouts);
      const selector = selectorOf(labelSelector);
      const query = {
        phases: wordsOf(phase, ROLLOUT_PHASES),
        after: afterOf(token, (text) => keyInToken('rollouts1', text)),
        limit,
      };
      requireSynced(rollouts);
      const members = namespace === undefined ? rollouts.list() : rollouts.byIndex('namespace', namespace);
      const rows = members.filter(({ metadata }) => selects(selector, metadata.labels)).map(rolloutRow);
      reply
        .header('cache-control', 'no-store')
        .send(envelopeOf('rollouts1', pageOf(rows, ROLLOUT_PHASES, query), clock.date()));
    },
  );

  app.get(
    '/api/v1/sites',
    {
      config: { reads: 'sites', requirements: PHASES_OF_FOG_SITES },
      schema: {
        operationId: 'summarizeSites',
        summary: 'The FogSites, in a few lines each, page by page',
        description: `What each is by itself; how far a FogRollout is there says \`/rollouts/{name}/sites\`. ${ABOUT_PAGES}`,
        tags: ['sites'],
        querystring: FogSitesQuery,
        response: { 200: aged('A page of FogSites', Type.Ref('FogSiteSummaries#')), ...problems(400, 503) },
      },
    },
    (request, reply) => {
      const { layer, phase, labelSelector, limit, continue: token } = request.query;
      sayDataAge(reply, sites);
      const selector = selectorOf(labelSelector);
      const query = {
        phases: wordsOf(phase, FOG_SITE_PHASES),
        after: afterOf(token, (text) => keyInToken('sites1', text)),
        limit,
      };
      if (!sites.hasSynced) throw unavailable('The list of FogSites is not read from Kubernetes yet');
      const members = sites
        .list()
        .filter(({ metadata, spec }) => (!layer || spec.layer === layer) && selects(selector, metadata.labels));
      reply
        .header('cache-control', 'no-store')
        .send(envelopeOf('sites1', pageOf(members.map(siteRow), FOG_SITE_PHASES, query), clock.date()));
    },
  );
}

/** Objects are replaced on change, so what is made of one holds as long as it is there. */
function onceEach<T extends object, R>(make: (object: T) => R): (object: T) => R {
  const known = new WeakMap<T, R>();
  return (object) => {
    let made = known.get(object);
    if (made === undefined) {
      made = make(object);
      known.set(object, made);
    }
    return made;
  };
}

function envelopeOf<Phase extends string>(
  list: PagedList,
  { rows, end, total, counts }: Page<Row<Phase> & { summary: { createdAt: string } }, Phase>,
  now: Date,
) {
  const items = rows.map(({ summary }) => ({ ...summary, ageSeconds: ageOf(summary.createdAt, now) }));
  return { items, ...(end !== undefined && { continue: pageToken(list, end) }), total, counts };
}

/** An object of a clock that is ahead of ours is new. */
function ageOf(createdAt: string, now: Date): number {
  return Math.max(0, Math.floor((now.getTime() - Date.parse(createdAt)) / 1000));
}

/** @throws a Problem: 400 where it is no selector */
function selectorOf(text: string | undefined): SiteSelector | undefined {
  const selector = text === undefined ? {} : selectorIn(text);
  if (!selector) throw badField({ field: 'labelSelector', in: 'query', message: REQUIREMENTS.labelSelector! });
  return selector;
}
