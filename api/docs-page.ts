/** The OpenAPI document as one HTML page: no script, no file from elsewhere. Pure. */

interface Schema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  format?: string;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  examples?: unknown[];
  additionalProperties?: boolean | Schema;
  patternProperties?: Record<string, Schema>;
}

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema: Schema;
}

interface Operation {
  operationId: string;
  summary: string;
  description?: string;
  tags: string[];
  parameters?: Parameter[];
  /** It is for those only who have a token. */
  security?: object[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: Schema }> }>;
}

export interface OpenApiDocument {
  info: { title: string; version: string; description: string };
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

/** Values of path parameters in the examples. */
const EXAMPLE_NAME = 'web';

export function docsPage({ info, tags, paths, components }: OpenApiDocument): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const sections = tags.map(({ name, description }) => {
    const members = operations.filter(({ operation }) => operation.tags.includes(name));
    return `<h2>${escapeHtml(capital(name))}</h2>\n<p>${escapeHtml(description)}</p>\n${members.map((member) => operationSection(member, components.schemas)).join('\n')}`;
  });
  const contents = operations.map(
    ({ path, operation }) =>
      `<li><a href="#${operation.operationId}"><code>${escapeHtml(path)}</code></a> ${escapeHtml(operation.summary)}</li>`,
  );
  const shapes = Object.entries(components.schemas).map(
    ([name, schema]) =>
      `<h3 id="schema-${escapeHtml(name)}">${escapeHtml(name)}</h3>\n<p>${escapeHtml(schema.description ?? '')}</p>\n${propertyTable(schema)}${exampleOf(schema)}`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(info.title)} API</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escapeHtml(info.title)} API <small>${escapeHtml(info.version)}</small></h1>
${paragraphs(info.description)}
<p>For programs: <a href="openapi.json">openapi.json</a></p>
<ul>${contents.join('\n')}</ul>
${sections.join('\n')}
<h2>Shapes</h2>
${shapes.join('\n')}
</body>
</html>
`;
}

function operationSection(
  { path, method, operation }: { path: string; method: string; operation: Operation },
  schemas: Record<string, Schema>,
): string {
  const { operationId, summary, description, parameters = [], responses, security, requestBody } = operation;
  const [sent] = Object.values(requestBody?.content ?? {});
  const example = [
    `curl${path.endsWith('/events') ? ' -N' : ''} http://localhost:8080${path.replace('{name}', EXAMPLE_NAME)}`,
    security && '-H "Authorization: Bearer $TOKEN"',
    sent && `--json '${JSON.stringify(schemas[nameOf(sent.schema)]?.examples?.[0] ?? {})}'`,
  ];
  const parameterRows = parameters.map(({ name, in: where, required, description: text, schema }) => [
    `<code>${escapeHtml(name)}</code>`,
    where,
    [typeOf(schema), required && schema.default === undefined ? 'required' : '', limitsOf(schema)]
      .filter(Boolean)
      .join(', '),
    escapeHtml(text ?? schema.description ?? ''),
  ]);
  const responseRows = Object.entries(responses).map(([status, { description: text, content = {} }]) => {
    const [mediaType, body] = Object.entries(content)[0] ?? [];
    const shape = mediaType === undefined ? '' : `<code>${escapeHtml(mediaType)}</code> ${typeOf(body!.schema)}`;
    return [status, escapeHtml(text), shape];
  });
  return `<section>
<h3 id="${operationId}"><span>${method.toUpperCase()}</span> <code>${escapeHtml(path)}</code></h3>
<p>${escapeHtml(summary)}</p>
${description === undefined ? '' : paragraphs(description)}
<pre>${escapeHtml(example.filter(Boolean).join(' '))}</pre>
${sent === undefined ? '' : `<p>Body: ${typeOf(sent.schema)}</p>`}
${parameterRows.length === 0 ? '' : table(['Parameter', 'In', 'Type', 'Meaning'], parameterRows)}
${table(['Status', 'Meaning', 'Body'], responseRows)}
</section>`;
}

function propertyTable(schema: Schema, prefix = ''): string {
  return table(['Field', 'Type', 'Meaning'], propertyRows(schema, prefix));
}

function exampleOf({ examples: [example] = [] }: Schema): string {
  return example === undefined ? '' : `\n<pre>${escapeHtml(JSON.stringify(example, null, 2))}</pre>`;
}

function propertyRows(schema: Schema, prefix: string): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const path = `${prefix}${name}`;
    const optional = schema.required?.includes(name) ? '' : ', optional';
    const row = [
      `<code>${escapeHtml(path)}</code>`,
      `${typeOf(property)}${optional}`,
      escapeHtml(property.description ?? ''),
    ];
    const nested = property.items?.properties
      ? propertyRows(property.items, `${path}[].`)
      : propertyRows(property, `${path}.`);
    return [row, ...nested];
  });
}

function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) {
    const name = nameOf(schema);
    return `<a href="#schema-${escapeHtml(name)}">${escapeHtml(name)}</a>`;
  }
  if (schema.const !== undefined) return `<code>${escapeHtml(String(schema.const))}</code>`;
  if (schema.enum !== undefined)
    return schema.enum.map((value) => `<code>${escapeHtml(String(value))}</code>`).join(' ');
  if (schema.items !== undefined) return `list of ${typeOf(schema.items)}`;
  return escapeHtml([schema.format ?? schema.type ?? 'any'].flat().join(' or '));
}

/** Of the shape that a schema refers to; empty for one that refers to none. */
function nameOf({ $ref = '' }: Schema): string {
  return $ref.split('/').at(-1)!;
}

function limitsOf({ minimum, maximum, default: preset }: Schema): string {
  const range = minimum !== undefined && maximum !== undefined ? `${minimum} to ${maximum}` : '';
  const start = preset === undefined ? '' : `<code>${escapeHtml(String(preset))}</code> if left out`;
  return [range, start].filter(Boolean).join(', ');
}

function table(head: string[], rows: string[][]): string {
  const cells = (tag: string, row: string[]) => `<tr>${row.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`;
  return `<table>${cells('th', head)}\n${rows.map((row) => cells('td', row)).join('\n')}</table>`;
}

function paragraphs(text: string): string {
  return text
    .split('\n\n')
    .map((one) => `<p>${escapeHtml(one).replace(/`([^`]+)`/g, '<code>$1</code>')}</p>`)
    .join('\n');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

const STYLE = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
code, pre { font: 14px/1.5 ui-monospace, monospace; }
pre { padding: .5rem .75rem; background: #8882; border-radius: 4px; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem; }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8884; }
h2 { margin-top: 2.5rem; } h3 span { color: #07c; } small { font-weight: normal; opacity: .7; }
`;
