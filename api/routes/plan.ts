import { Type } from 'typebox';
import { keyOf } from '../../kube/resources.ts';
import { FOG_ROLLOUTS } from '../../model/names.ts';
import { dryRun, dryRunOfRollout, together, withAnswers } from '../../model/plan/dry-run.ts';
import { planRollout } from '../../model/plan/rollout-plan.ts';
import type { App } from '../base.ts';
import { answered, authenticated } from '../bearer.ts';
import { sayDataAge } from '../data-age.ts';
import type { ApiDeps } from '../deps.ts';
import { rolloutIn } from '../manifest.ts';
import { Problem, unavailable } from '../problems.ts';
import { ManifestSchema, PlanSchema } from '../schemas/plan.ts';
import { aged, problems } from '../schemas/problem.ts';
import { requireSynced } from './respond.ts';

/** Bytes of a body: more than the longest object that etcd takes, unless somebody sets that higher. */
const LONGEST_BODY = 1_536 * 1024;

const DESCRIPTION = `What would become of a FogRollout if it were applied now, by the code of the run itself: steps with their
sites, gates and windows, and what the API server says to all of that by a dry run. Nothing is changed. Who asks is whose token it
is; they need the right to get FogRollouts in the namespace. The dry run is asked for with their token: what they may not apply
themselves stands under unknown.

Off unless acting by the API is on; then every request is answered with 404.`;

export function addPlanRoute(app: App, { plans, rollouts, shards, sites, windows }: ApiDeps): void {
  app.addSchema(ManifestSchema);
  app.addSchema(PlanSchema);

  app.post(
    '/plan',
    {
      bodyLimit: LONGEST_BODY,
      schema: {
        operationId: 'plan',
        summary: 'What would become of a FogRollout if it were applied now',
        description: DESCRIPTION,
        tags: ['rollouts'],
        security: [{ token: [] }],
        body: Type.Ref('Manifest#'),
        response: {
          200: aged('What would become of it', Type.Ref('Plan#')),
          ...problems(400, 401, 403, 404, 413, 415, 429, 503),
        },
      },
      // Fastify's own would make one type into another; rolloutIn looks at all of it.
      validatorCompiler: () => () => true,
      // Before the body is read: nobody is heard without a token.
      onRequest: plans ? authenticated(plans.access) : turnedOff,
    },
    async ({ body, user, token }, reply) => {
      const { access, ask } = plans!;
      const wanted = rolloutIn(body);
      const { namespace, name } = wanted.metadata;
      if (!(await answered(access.mayRead(user!, namespace)))) {
        const what = `${FOG_ROLLOUTS.plural}.${FOG_ROLLOUTS.group}`;
        throw new Problem(403, `${user!.username} may not get ${what} in the namespace ${namespace}`);
      }
      requireSynced(rollouts);
      for (const [kind, { hasSynced }] of Object.entries({ FogShards: shards, FogSites: sites, FogWindows: windows })) {
        if (!hasSynced) throw unavailable(`The list of ${kind} is not read from Kubernetes yet`);
      }
      sayDataAge(reply, rollouts, shards, sites, windows);
      const facts = {
        live: rollouts.get(namespace, name),
        sites: sites.list(),
        shards: shards.byIndex('rollout', keyOf(namespace, name)),
        windows: windows.about(namespace),
        siteWindows: windows.atSites(wanted.metadata),
      };
      const plan = planRollout(wanted, facts);
      const asked = await ask(token!, async (server) => {
        const itself = dryRunOfRollout(server, wanted);
        const isNothing = plan.change === 'none';
        return together(await Promise.all(isNothing ? [itself] : [itself, dryRun(server, wanted, facts)]));
      });
      reply.header('cache-control', 'no-store').send({ ...withAnswers(plan, asked), unknown: asked.unknown });
    },
  );
}

async function turnedOff(): Promise<void> {
  throw new Problem(404, 'Nobody can plan by this API: FOG_ROLLOUTS_API_ACTIONS is off. Ask kubectl fog plan instead');
}
