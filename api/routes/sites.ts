import { Type } from 'typebox';
import { keyOf } from '../../kube/resources.ts';
import { SITE_PHASES } from '../../model/fleet/site-view.ts';
import { sitesOf } from '../../model/fleet/sites-view.ts';
import type { App } from '../base.ts';
import { sayDataAge } from '../data-age.ts';
import type { ApiDeps } from '../deps.ts';
import { unavailable } from '../problems.ts';
import { NameParams } from '../schemas/parameters.ts';
import { aged, problems } from '../schemas/problem.ts';
import { SitesQuery, SitesSchema } from '../schemas/sites.ts';
import { positionOf, tokenOf } from '../site-tokens.ts';
import { afterOf, wordsOf } from './pages.ts';
import { rolloutOf } from './respond.ts';

export function addSitesRoute(app: App, { rollouts, shards, sites: fogSites, clock }: ApiDeps): void {
  app.addSchema(SitesSchema);

  app.get(
    '/rollouts/:name/sites',
    {
      config: { reads: 'rollout' },
      schema: {
        operationId: 'listSites',
        summary: 'The sites of a FogRollout one by one: what each runs, and why not what it should',
        description: 'A layer that has no FogSites has one site, named like the layer.',
        tags: ['rollouts'],
        params: NameParams,
        querystring: SitesQuery,
        response: { 200: aged('A page of sites', Type.Ref('Sites#')), ...problems(400, 404, 503) },
      },
    },
    (request, reply) => {
      const { namespace, phase, layer, site, wave, parent, limit, continue: token } = request.query;
      const { name } = request.params;
      sayDataAge(reply, rollouts, shards, fogSites);
      const after = afterOf(token, positionOf);
      const phases = wordsOf(phase, SITE_PHASES);
      const rollout = rolloutOf(rollouts, namespace, name);
      if (!shards.hasSynced) throw unavailable('The list of FogShards is not read from Kubernetes yet');
      if (!fogSites.hasSynced) throw unavailable('The list of FogSites is not read from Kubernetes yet');
      const facts = { siteOf: (of: string) => fogSites.get(undefined, of), now: clock.date().getTime() };
      const records = shards.byIndex('rollout', keyOf(namespace, name));
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
}
