import { readFileSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import { summaryOf } from '../model/rollout-summary.ts';
import { createBaseApp } from './base.ts';
import { type ApiDeps, DEFAULT_EVENT_STREAM_LIMITS, type ProbeDeps } from './deps.ts';
import { createEventStreams } from './events/streams.ts';
import { addHealthRoutes } from './plugins/health.ts';
import { useOpenApi } from './plugins/openapi.ts';
import { useReadAccess } from './plugins/reading.ts';
import { useStreamGauge } from './plugins/request-metrics.ts';
import { createRepresentations } from './representations.ts';
import { addActionsRoute } from './routes/actions.ts';
import { addDocsRoutes } from './routes/docs.ts';
import { addEventsRoutes } from './routes/events.ts';
import { addHistoryRoutes } from './routes/history.ts';
import { addListRoutes } from './routes/lists.ts';
import { addPageRoutes } from './routes/page.ts';
import { addPageSettingsRoute } from './routes/page-settings.ts';
import { addPlanRoute } from './routes/plan.ts';
import { addRolloutRoutes } from './routes/rollouts.ts';
import { addSitesRoutes } from './routes/sites.ts';
import { addStatusRoute } from './routes/status.ts';
import { addWindowsRoute } from './routes/windows.ts';
import { createViews } from './views.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** Builds the API, ready to be asked or to listen. Closing it ends its event streams and subscriptions. */
export async function buildApp(deps: ApiDeps): Promise<FastifyInstance> {
  const { rollouts } = deps;
  const app = createBaseApp(deps);
  await useOpenApi(app, version);
  app.decorateRequest('user', undefined);
  app.decorateRequest('token', undefined);
  useReadAccess(app, deps.reads);

  const representations = createRepresentations(rollouts);
  const limits = { ...DEFAULT_EVENT_STREAM_LIMITS, ...deps.events };
  const view = createViews(deps);
  const streams = createEventStreams(deps, { view, summary: summaryOf }, limits);
  app.addHook('onClose', async () => representations.close());
  useStreamGauge(deps.metrics, streams);

  addHealthRoutes(app, deps);
  addRolloutRoutes(app, rollouts, representations);
  addListRoutes(app, deps);
  addStatusRoute(app, rollouts, view);
  addSitesRoutes(app, deps);
  addHistoryRoutes(app, deps);
  addWindowsRoute(app, deps);
  addEventsRoutes(app, rollouts, streams, limits);
  addActionsRoute(app, deps);
  addPlanRoute(app, deps);
  addPageSettingsRoute(app, deps);
  await addDocsRoutes(app);
  addPageRoutes(app, deps.page);
  await app.ready();
  return app as unknown as FastifyInstance;
}

/** The health, readiness and metrics of a role that has no other routes. */
export async function buildProbes(deps: ProbeDeps): Promise<FastifyInstance> {
  const app = createBaseApp(deps);
  addHealthRoutes(app, deps);
  await app.ready();
  return app as unknown as FastifyInstance;
}
