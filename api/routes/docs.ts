import swaggerUi from '@fastify/swagger-ui';
import { Type } from 'typebox';
import type { App } from '../base.ts';
import { representationOf } from '../representations.ts';
import { answer, problems, UNCHANGED } from '../schemas/problem.ts';
import { sendRepresentation } from './respond.ts';

/** Files of the viewer's own and nothing else; what is tried on the page goes to where the page comes from. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The description of the routes, for programs and for people. */
export async function addDocsRoutes(app: App): Promise<void> {
  app.get(
    '/openapi.json',
    {
      schema: {
        operationId: 'readOpenApi',
        summary: 'This API as an OpenAPI 3.1 document',
        tags: ['documentation'],
        response: {
          200: answer('The document', Type.Object({}, { additionalProperties: true })),
          ...UNCHANGED,
          ...problems(431),
        },
      },
    },
    (request, reply) => sendRepresentation(request, reply, document),
  );

  let document = representationOf('');
  app.addHook('onReady', async () => {
    document = representationOf(JSON.stringify(app.swagger()));
  });

  await app.register(swaggerUi, {
    routePrefix: '/docs',
    uiConfig: { layout: 'BaseLayout', tryItOutEnabled: true, docExpansion: 'list', defaultModelsExpandDepth: 0 },
    theme: { title: 'Fog Rollouts API' },
    staticCSP: PAGE_POLICY,
    // What is tried goes to where the page comes from, behind a path of an Ingress too: from `docs/json` one up.
    transformSpecification: (document) => ({ ...document, servers: [{ url: '..' }] }),
    uiHooks: {
      // Its addresses are relative to that one, so that it can stand behind a path of an Ingress.
      onRequest: (request, reply, done) => {
        if (request.url.split('?')[0]!.endsWith('/docs')) reply.redirect('docs/');
        else done();
      },
    },
  });
}
