/** What programs are given in place of what people read. */
export const FORMATS = ['json', 'yaml'] as const;

export type Format = (typeof FORMATS)[number];

export async function encoded(value: object, format: Format): Promise<string> {
  if (format === 'json') return JSON.stringify(value, undefined, 2);
  // Loaded when it is needed: other commands start without.
  const { stringify } = await import('yaml');
  return stringify(value).trimEnd();
}
