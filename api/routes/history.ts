import { Type } from 'typebox';
import type { App } from '../base.ts';
import { type ApiDeps, RevisionsUnavailable } from '../deps.ts';
import { pageOfRuns, runPositionIn } from '../history.ts';
import { Problem, unavailable } from '../problems.ts';
import { HISTORY_SCHEMAS } from '../schemas/history.ts';
import { HistoryQuery, NameParams, NamespaceQuery, RevisionParams } from '../schemas/parameters.ts';
import { answer, problems } from '../schemas/problem.ts';
import { afterOf } from './pages.ts';
import { requireSynced, rolloutOf } from './respond.ts';

/** More than a client can ask for of the runs of one generation. */
const ALL = Number.MAX_SAFE_INTEGER;

export function addHistoryRoutes(app: App, { rollouts, revisions, logger }: ApiDeps): void {
  for (const schema of HISTORY_SCHEMAS) app.addSchema(schema);

  async function ask<R>(about: { namespace: string; name: string }, question: () => Promise<R>): Promise<R> {
    requireSynced(rollouts); // whose revisions they are, the object says
    try {
      return await question();
    } catch (error) {
      if (!(error instanceof RevisionsUnavailable)) throw error;
      logger.warn({ err: error, ...about }, 'history unavailable');
      throw unavailable('Kubernetes, which keeps the history, does not answer');
    }
  }

  app.get(
    '/rollouts/:name/history',
    {
      config: { reads: 'rollout' },
      schema: {
        operationId: 'readHistory',
        summary: 'The runs a FogRollout has had, newest first',
        description:
          'Read from Kubernetes, of the generations that are kept (`spec.strategy.revisionHistoryLimit`). Also of a FogRollout that is gone and whose revisions were left behind.',
        tags: ['rollouts'],
        params: NameParams,
        querystring: HistoryQuery,
        response: { 200: answer('A page of runs', Type.Ref('History#')), ...problems(400, 404, 503) },
      },
    },
    async (request, reply) => {
      const { namespace, limit, continue: token } = request.query;
      const { name } = request.params;
      const after = afterOf(token, runPositionIn);
      const kept = await ask({ namespace, name }, () => revisions.list(namespace, name));
      const rollout = rollouts.get(namespace, name);
      if (!rollout && kept.length === 0) rolloutOf(rollouts, namespace, name);
      const { runs, next } = pageOfRuns(kept, rollout, { limit, after });
      return reply.header('cache-control', 'no-store').send({ namespace, name, runs, continue: next });
    },
  );

  app.get(
    '/rollouts/:name/revisions/:generation',
    {
      config: { reads: 'rollout' },
      schema: {
        operationId: 'readRevision',
        summary: 'A generation that is kept: what was rolled out, and how that went',
        tags: ['rollouts'],
        params: RevisionParams,
        querystring: NamespaceQuery,
        response: { 200: answer('What is kept of it', Type.Ref('KeptRevision#')), ...problems(400, 404, 503) },
      },
    },
    async (request, reply) => {
      const { namespace } = request.query;
      const { name, generation } = request.params;
      const kept = await ask({ namespace, name }, () => revisions.read(namespace, name, generation));
      const rollout = rollouts.get(namespace, name);
      if (!kept || (rollout && kept.uid !== rollout.metadata.uid)) {
        if (!rollout) rolloutOf(rollouts, namespace, name);
        throw new Problem(404, `Generation ${generation} of FogRollout ${namespace}/${name} is not kept`);
      }
      const { version, createdAt, content } = kept;
      const runs = pageOfRuns([kept], rollout, { limit: ALL }).runs.filter((run) => run.generation === generation);
      return reply.header('cache-control', 'no-store').send({
        ...{ namespace, name, generation, createdAt, runs },
        ...(version !== undefined && { version }),
        ...(content && {
          ...{ version: content.version, hash: content.hash, deployments: content.layers },
          ...(content.strategy && { strategy: content.strategy }),
        }),
      });
    },
  );
}
