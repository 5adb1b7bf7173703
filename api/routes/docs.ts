import { Type } from 'typebox';
import type { App } from '../base.ts';
import { docsPage, type OpenApiDocument } from '../docs-page.ts';
import { representationOf } from '../representations.ts';
import { answer, problems, UNCHANGED } from '../schemas/problem.ts';
import { sendRepresentation } from './respond.ts';

/** The page needs no script and nothing from elsewhere, so it works offline; this policy holds it to that. */
const PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** The description of the routes, for programs and for people; both are made once. */
export function addDocsRoutes(app: App): void {
  const tags = ['documentation'];

  app.get(
    '/openapi.json',
    {
      schema: {
        operationId: 'readOpenApi',
        summary: 'This API as an OpenAPI 3.1 document',
        tags,
        response: {
          200: answer('The document', Type.Object({}, { additionalProperties: true })),
          ...UNCHANGED,
          ...problems(431),
        },
      },
    },
    (request, reply) => sendRepresentation(request, reply, document),
  );

  app.get(
    '/docs',
    {
      schema: {
        operationId: 'readDocs',
        summary: 'This API as a page to read',
        tags,
        response: { 200: answer('The page', Type.String(), 'text/html'), ...UNCHANGED, ...problems(431) },
      },
    },
    (request, reply) => sendRepresentation(request, reply, page),
  );

  let document = representationOf('');
  let page = representationOf('');
  app.addHook('onReady', async () => {
    const description = app.swagger() as unknown as OpenApiDocument;
    document = representationOf(JSON.stringify(description));
    page = representationOf(docsPage(description), {
      mediaType: 'text/html; charset=utf-8',
      headers: ['content-security-policy', PAGE_POLICY],
    });
  });
}
