import { Type } from 'typebox';
import type { App } from '../base.ts';
import type { ApiDeps } from '../deps.ts';
import { PageSettingsSchema } from '../schemas/page-settings.ts';
import { answer, problems } from '../schemas/problem.ts';

/** What the page has to know of this API before it asks anything else: nothing of it is for some alone. */
export function addPageSettingsRoute(app: App, { actions, reads, temporalUi }: ApiDeps): void {
  app.addSchema(PageSettingsSchema);
  const settings = {
    actions: actions !== undefined,
    reads: reads ? 'kubernetes' : 'open',
    ...(temporalUi && { temporalUi }),
  };

  app.get(
    '/page.json',
    {
      schema: {
        operationId: 'readPageSettings',
        summary: "What is turned on in this API, and where Temporal's UI is",
        tags: ['documentation'],
        response: { 200: answer('As it is configured', Type.Ref('PageSettings#')), ...problems(431) },
      },
    },
    (_, reply) => {
      reply.header('cache-control', 'no-cache').send(settings);
    },
  );
}
