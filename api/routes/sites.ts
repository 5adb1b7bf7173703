import { Type } from 'typebox';
import { keyOf } from '../../kube/resources.ts';
import { SITE_PHASES } from '../../model/fleet/site-view.ts';
import { siteNamed, sitesOf } from '../../model/fleet/sites-view.ts';
import type { App } from '../base.ts';
import { sayDataAge } from '../data-age.ts';
import type { ApiDeps } from '../deps.ts';
import { Problem, unavailable } from '../problems.ts';
import { NameParams, NamespaceQuery } from '../schemas/parameters.ts';
import { aged, problems, UNCHANGED } from '../schemas/problem.ts';
import { GridQuery, SITES_SCHEMAS, SiteParams, SitesQuery } from '../schemas/sites.ts';
import { createSiteGrids } from '../site-grids.ts';
import { positionOf, tokenOf } from '../site-tokens.ts';
import { afterOf, wordsOf } from './pages.ts';
import { rolloutOf, sendRepresentation } from './respond.ts';

export function addSitesRoutes(app: App, { rollouts, shards, sites: fogSites, clock }: ApiDeps): void {
  for (const schema of SITES_SCHEMAS) app.addSchema(schema);
  const tags = ['rollouts'];
  const gridOf = createSiteGrids();

  /** @throws a Problem: 404 or 503 */
  function knownOf(namespace: string, name: string) {
    const rollout = rolloutOf(rollouts, namespace, name);
    if (!shards.hasSynced) throw unavailable('The list of FogShards is not read from Kubernetes yet');
    if (!fogSites.hasSynced) throw unavailable('The list of FogSites is not read from Kubernetes yet');
    const facts = { siteOf: (of: string) => fogSites.get(undefined, of), now: clock.date().getTime() };
    return { rollout, records: shards.byIndex('rollout', keyOf(namespace, name)), facts };
  }

  app.get(
    '/rollouts/:name/sites',
    {
      config: { reads: 'rollout' },
      schema: {
        operationId: 'listSites',
        summary: 'The sites of a FogRollout one by one: what each runs, and why not what it should',
        description: 'A layer that has no FogSites has one site, named like the layer.',
        tags,
        params: NameParams,
        querystring: SitesQuery,
        response: { 200: aged('A page of sites', Type.Ref('Sites#')), ...problems(400, 404, 503) },
      },
    },
    (request, reply) => {
      const { namespace, phase, layer, site, wave, parent, limit, continue: token } = request.query;
      sayDataAge(reply, rollouts, shards, fogSites);
      const after = afterOf(token, positionOf);
      const phases = wordsOf(phase, SITE_PHASES);
      const { rollout, records, facts } = knownOf(namespace, request.params.name);
      const { sites, end, total, counts } = sitesOf(rollout, records, facts, {
        limit,
        ...(phases && { phases }),
        ...(layer && { layer }),
        ...(site !== undefined && { site }),
        ...(wave !== undefined && { wave }),
        ...(parent !== undefined && { parent }),
        ...(after && { after }),
      });
      const next = end && { continue: tokenOf(end) };
      reply.header('cache-control', 'no-store').send({ sites, ...next, total, counts });
    },
  );

  app.get(
    '/rollouts/:name/sites/:site',
    {
      config: { reads: 'rollout' },
      schema: {
        operationId: 'readSite',
        summary: 'One site of a FogRollout: what it runs and had before, and why not what it should',
        description: 'A site that has moved is there once for each place that it has something at.',
        tags,
        params: SiteParams,
        querystring: NamespaceQuery,
        response: { 200: aged('The site', Type.Ref('OneSite#')), ...problems(400, 404, 503) },
      },
    },
    (request, reply) => {
      const { name, site } = request.params;
      sayDataAge(reply, rollouts, shards, fogSites);
      const { rollout, records, facts } = knownOf(request.query.namespace, name);
      const sites = siteNamed(rollout, records, facts, site);
      if (sites.length === 0)
        throw new Problem(404, `FogRollout ${request.query.namespace}/${name} has no site ${site}`);
      reply.header('cache-control', 'no-store').send({ sites });
    },
  );

  app.get(
    '/rollouts/:name/grid',
    {
      config: { reads: 'rollout' },
      schema: {
        operationId: 'readGrid',
        summary: 'All sites of a FogRollout at once, in columns: for a picture of many',
        description: `Names, layers, parents and labels change rarely: whoever has them says so with \`layout\`, and is told the
phases alone. \`/events?show=summary\` tells when to ask again.`,
        tags,
        params: NameParams,
        querystring: GridQuery,
        response: { 200: aged('The sites', Type.Ref('SiteGrid#')), ...UNCHANGED, ...problems(400, 404, 503) },
      },
    },
    (request, reply) => {
      const { namespace, layout } = request.query;
      const { rollout, records, facts } = knownOf(namespace, request.params.name);
      const grid = gridOf(rollout, records, facts);
      const made = layout === grid.layout ? grid.phases() : grid.whole();
      sendRepresentation(request, reply, made, rollouts, shards, fogSites);
    },
  );
}
