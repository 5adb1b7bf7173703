/**
 * Writes docs/reference/openapi.json, as the API answers it, and docs/reference/api.md for people.
 *
 * Usage: node scripts/api-reference.ts [--check]
 */
import pino from 'pino';
import { Registry } from 'prom-client';
import { buildApp } from '../api/app.ts';
import { anchorOf, code, type Described, limitsOf, table } from './markdown.ts';
import { writeOrCheck } from './write-or-check.ts';

interface Schema extends Described {
  $ref?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: boolean | Schema;
  anyOf?: Schema[];
  examples?: unknown[];
}

interface Operation {
  summary: string;
  description?: string;
  tags: string[];
  parameters?: { name: string; in: string; required?: boolean; description?: string; schema: Schema }[];
  /** It is for those only who have a token. */
  security?: object[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: Schema }> }>;
}

interface Document {
  info: { version: string; description: string };
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

const { text, document } = await description();
const { info, tags, paths, components } = document;
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ heading: `${method.toUpperCase()} ${path}`, operation })),
);

writeOrCheck('docs/reference/openapi.json', `${text}\n`);
writeOrCheck(
  'docs/reference/api.md',
  `<!-- Generated from the routes of api/ by \`npm run generate\`: edit those, not this one. -->
# The API, route by route

${info.description}

How it is used, with what it prints, is in [docs/api.md](../api.md). A running API has the same at \`/openapi.json\`, which
is [kept here](openapi.json) too, and at \`/docs/\`, where requests can be tried.

${table(
  ['route', 'what'],
  operations.map(({ heading, operation }) => [`[${code(heading)}](#${anchorOf(heading)})`, operation.summary]),
)}
${tags.map(sectionOf).join('\n')}
## Shapes

${Object.entries(components.schemas).map(shapeOf).join('\n')}`,
);

/** Of an API in which there is nothing: its routes are the same. */
async function description(): Promise<{ text: string; document: Document }> {
  const subscribe = () => () => {};
  const nothing = { hasSynced: true, get: () => undefined, list: () => [], byIndex: () => [], subscribe };
  const app = await buildApp({
    logger: pino({ level: 'silent' }),
    metrics: new Registry(),
    readiness: { ready: () => ({ ok: true, checks: {} }) },
    rollouts: nothing,
    shards: nothing,
    sites: nothing,
    windows: { hasSynced: true, about: () => [], atSites: () => ({ at: () => undefined }) },
    revisions: { list: async () => [], read: async () => undefined },
    clock: { date: () => new Date() },
  });
  const { body } = await app.inject('/openapi.json');
  await app.close();
  const document = JSON.parse(body) as Document;
  return { text: JSON.stringify(document, null, 2), document };
}

function sectionOf({ name, description: about }: Document['tags'][number]): string {
  const members = operations.filter(({ operation }) => operation.tags.includes(name));
  const title = `${name[0]!.toUpperCase()}${name.slice(1)}`;
  return [`## ${title}\n`, `${about}.\n`, ...members.map(operationOf)].join('\n');
}

function operationOf({ heading, operation }: (typeof operations)[number]): string {
  const { summary, description: more, parameters = [], responses, security, requestBody } = operation;
  const [sent] = Object.entries(requestBody?.content ?? {});
  const asked = parameters.map(({ name, in: where, required, description: about, schema }) => [
    code(name),
    where,
    [typeOf(schema), ...(required ? ['required'] : []), ...limitsOf(schema)].join(', '),
    about ?? schema.description ?? '',
  ]);
  const answers = Object.entries(responses).map(([status, { description: about, content = {} }]) => {
    const [mediaType, body] = Object.entries(content)[0] ?? [];
    return [status, about, mediaType === undefined ? '' : `${code(mediaType)} ${typeOf(body!.schema)}`];
  });
  return [
    `### ${heading}\n`,
    `${summary}.${security?.length ? ' It needs a bearer token.' : ''}\n`,
    ...(more === undefined ? [] : [`${more}\n`]),
    ...(sent === undefined ? [] : [`Body: ${code(sent[0])} ${typeOf(sent[1].schema)}\n`]),
    ...(asked.length === 0 ? [] : [table(['parameter', 'in', 'type', 'meaning'], asked)]),
    table(['status', 'meaning', 'body'], answers),
  ].join('\n');
}

function shapeOf([name, schema]: [string, Schema]): string {
  const example = schema.examples?.[0];
  return [
    `### ${name}\n`,
    ...(schema.description === undefined ? [] : [`${schema.description}\n`]),
    table(['field', 'type', 'meaning'], [...rowsOf(schema, '')]),
    ...(example === undefined ? [] : [`\`\`\`json\n${JSON.stringify(example, null, 2)}\n\`\`\`\n`]),
  ].join('\n');
}

function* rowsOf(schema: Schema, prefix: string): Generator<string[]> {
  for (const [name, member] of Object.entries(schema.properties ?? {})) {
    const needed = schema.required?.includes(name) ? [] : ['optional'];
    yield [
      code(`${prefix}${name}`),
      [typeOf(member), ...needed, ...limitsOf(member)].join(', '),
      member.description ?? '',
    ];
    yield* member.items ? rowsOf(member.items, `${prefix}${name}[].`) : rowsOf(member, `${prefix}${name}.`);
  }
}

function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split('/').at(-1)!;
    return `[${name}](#${anchorOf(name)})`;
  }
  if (schema.const !== undefined) return code(String(schema.const));
  if (schema.enum !== undefined) return schema.enum.map((value) => code(String(value))).join(' ');
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(typeOf))].join(' or ');
  if (schema.items !== undefined) return `list of ${typeOf(schema.items)}`;
  return [schema.format ?? schema.type ?? 'any'].flat().join(' or ');
}
