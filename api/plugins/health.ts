import { collectDefaultMetrics } from 'prom-client';
import { Type } from 'typebox';
import type { App } from '../base.ts';
import type { ProbeDeps } from '../deps.ts';
import { sendProblem, unavailable } from '../problems.ts';
import { HealthSchema, ReadinessSchema } from '../schemas/probes.ts';
import { answer, problems } from '../schemas/problem.ts';

/** Present once the process's own metrics are collected in a registry; a second collection would throw. */
const FIRST_DEFAULT_METRIC = 'process_cpu_user_seconds_total';

/** `/healthz`, `/readyz` and `/metrics`, the same for every role. */
export function addHealthRoutes(app: App, { metrics, readiness }: Omit<ProbeDeps, 'logger'>): void {
  if (!metrics.getSingleMetric(FIRST_DEFAULT_METRIC)) collectDefaultMetrics({ register: metrics });
  app.addSchema(HealthSchema);
  app.addSchema(ReadinessSchema);
  const tags = ['process'];

  app.get(
    '/healthz',
    {
      schema: {
        operationId: 'health',
        summary: 'Whether the process is alive',
        tags,
        response: { 200: answer('It is', Type.Ref('Health#')), ...problems(431) },
      },
    },
    (_request, reply) => {
      reply.header('cache-control', 'no-store').send({ status: 'ok' });
    },
  );

  app.get(
    '/readyz',
    {
      schema: {
        operationId: 'readiness',
        summary: 'Whether the process can do its work',
        tags,
        response: { 200: answer('It can', Type.Ref('Readiness#')), ...problems(431, 503) },
      },
    },
    (request, reply) => {
      reply.header('cache-control', 'no-store');
      const { ok, checks } = readiness.ready();
      const waiting = Object.keys(checks).filter((name) => checks[name] !== 'ok');
      if (ok) return reply.send({ status: waiting.length === 0 ? 'ok' : 'degraded', checks });
      return sendProblem(request, reply, unavailable(`Not ready: ${waiting.join(', ')}`, { checks }));
    },
  );

  app.get(
    '/metrics',
    {
      schema: {
        operationId: 'metrics',
        summary: 'Metrics for Prometheus',
        tags,
        response: { 200: answer('The text format', Type.String(), 'text/plain'), ...problems(431) },
      },
    },
    async (_request, reply) => {
      const text = await metrics.metrics();
      return reply.header('cache-control', 'no-store').type(metrics.contentType).send(text);
    },
  );
}
