/** Pieces of the Markdown that is generated. Pure. */

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map(cell).join(' | ')} |\n`).join('');
}

/** A bar would begin the next cell, and a line end the row. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ');
}

export function code(text: string): string {
  return `\`${text}\``;
}

/** Of a heading, as GitHub links to it. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
}

/** What a schema takes, for people. */
export interface Described {
  type?: string | string[];
  description?: string;
  format?: string;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  required?: string[];
  properties?: Record<string, Described>;
  items?: Described;
  additionalProperties?: boolean | Described;
}

/** Bounds and presets, each a few words. */
export function limitsOf(schema: Described): string[] {
  const between = (low: number | undefined, high: number | undefined, unit = '') => {
    if (low === undefined && high === undefined) return [];
    if (high === undefined) return [`at least ${low}${unit}`];
    return [low === undefined ? `at most ${high}${unit}` : `${low} to ${high}${unit}`];
  };
  return [
    ...between(schema.minimum, schema.maximum),
    ...between(schema.minLength || undefined, schema.maxLength, ' characters'),
    ...between(schema.minItems || undefined, schema.maxItems, ' items'),
    ...(schema.default === undefined ? [] : [`default ${code(JSON.stringify(schema.default))}`]),
  ];
}
