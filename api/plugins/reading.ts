import type { FastifyRequest } from 'fastify';
import { type Attempt, attemptText } from '../../kube/reviews.ts';
import { FOG_ROLLOUTS, FOG_SITES } from '../../model/names.ts';
import type { ReadAccess } from '../access.ts';
import type { App } from '../base.ts';
import { answered, authenticated } from '../bearer.ts';
import { Problem } from '../problems.ts';
import { problems } from '../schemas/problem.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the route shows: one FogRollout, those of a namespace or of all, or FogSites. Left out: nothing of either. */
    reads?: keyof typeof ATTEMPTS;
  }
}

/** What a request names, where it does. */
interface Named {
  namespace?: string | undefined;
  name?: string | undefined;
}

/** What one has to be allowed, as Kubernetes has it. */
const ATTEMPTS = {
  rollout: ({ namespace, name }: Named): Attempt => ({ verb: 'get', type: FOG_ROLLOUTS, namespace, name }),
  rollouts: ({ namespace }: Named): Attempt => ({ verb: 'list', type: FOG_ROLLOUTS, namespace }),
  sites: (): Attempt => ({ verb: 'list', type: FOG_SITES }),
};

/**
 * Lets those read only who may read the same by kubectl. Who may not is told so before anything is looked for: what there
 * is and what there is not are answered alike. Call it before routes are added.
 *
 * @param access - left out, whoever reaches the API may read
 */
export function useReadAccess(app: App, access: ReadAccess | undefined): void {
  if (!access) return;
  app.addHook('onRoute', (route) => {
    const { reads } = route.config ?? {};
    if (reads === undefined) return;
    route.onRequest = authenticated(access);
    // After validation: of a namespace that can be none nobody is asked.
    route.preHandler = async (request: FastifyRequest) => {
      const { query, params } = request as { query: Named; params: Named };
      const attempt = ATTEMPTS[reads]({ namespace: query.namespace, name: params.name });
      if (await answered(access.may(request.user!, attempt))) return;
      throw new Problem(403, `${request.user!.username} may not ${attemptText(attempt)}`);
    };
    const response = { ...problems(401, 403, 429, 503), ...(route.schema?.response as object) };
    route.schema = { ...route.schema, security: [{ token: [] }], response };
  });
}
