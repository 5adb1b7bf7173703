import swagger from '@fastify/swagger';
import type { App } from '../base.ts';

const DESCRIPTION = `What FogRollouts are wanted, how far they are, and what became of them.

Reads are answered from the cache of a watch, without a request to Kubernetes; only the history asks it. Errors are problem documents (RFC 9457).
Query parameters that a route does not know are ignored.`;

/** Describes the routes that are added after it as OpenAPI 3.1. */
export async function useOpenApi(app: App, version: string): Promise<void> {
  await app.register(swagger, {
    convertConstToEnum: false,
    openapi: {
      openapi: '3.1.1',
      info: {
        title: 'Fog Rollouts',
        version,
        description: DESCRIPTION,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } as { name: string },
      },
      servers: [{ url: '/', description: 'Where this document comes from' }],
      // Of those that ask for nobody's token; the others say so themselves.
      security: [],
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', description: 'A token that Kubernetes knows the user of' },
        },
      },
      tags: [
        { name: 'rollouts', description: 'What is wanted and how far it is' },
        { name: 'sites', description: 'Where layers run' },
        { name: 'process', description: 'What the process says of itself' },
        { name: 'documentation', description: 'This description' },
      ],
    },
    transformObject: withOptionalDefaults,
    refResolver: { buildLocalReference: (json, _base, _fragment, index) => String(json.$id ?? `schema-${index}`) },
  });
}

interface Described {
  paths?: Record<string, Record<string, { parameters?: { required?: boolean; schema?: { default?: unknown } }[] }>>;
}

/** A parameter with a default is always there for the route, but never required of the client. */
function withOptionalDefaults(document: object): object {
  const { openapiObject } = document as { openapiObject: Described };
  for (const methods of Object.values(openapiObject.paths ?? {})) {
    for (const parameter of Object.values(methods).flatMap(({ parameters = [] }) => parameters)) {
      if (parameter.schema?.default !== undefined) parameter.required = false;
    }
  }
  return openapiObject;
}
