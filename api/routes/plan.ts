import { Type } from 'typebox';
import { keyOf } from '../../kube/resources.ts';
import { FOG_ROLLOUTS } from '../../model/names.ts';
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
sites, gates and windows. Nothing is changed. Who asks is whose token it is; they need the right to get FogRollouts in the namespace.

Off unless acting by the API is on; then every request is answered with 404.`;

/** What the API, which may write nothing, could not find out. */
const NOT_ASKED =
  'No server was asked: rules of the CRD that are no schema, admission policies, and what sites take are known to kubectl fog plan -f';

export function addPlanRoute(app: App, { plans, rollouts, shards, sites }: ApiDeps): void {
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
    async ({ body, user }, reply) => {
      const { access, windows } = plans!;
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
      const plan = planRollout(wanted, {
        live: rollouts.get(namespace, name),
        sites: sites.list(),
        shards: shards.byIndex('rollout', keyOf(namespace, name)),
        windows: windows.about(namespace),
      });
      reply.header('cache-control', 'no-store').send({ ...plan, unknown: [NOT_ASKED] });
    },
  );
}

async function turnedOff(): Promise<void> {
  throw new Problem(404, 'Nobody can plan by this API: FOG_ROLLOUTS_API_ACTIONS is off. Ask kubectl fog plan instead');
}
