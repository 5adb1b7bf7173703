/** What is generated for people to read. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { anchorOf, limitsOf, table } from '../../../scripts/markdown.ts';

describe('the references', () => {
  it.each(['objects', 'api'])('%s has headings for all that it links to', (name) => {
    const text = readFileSync(`docs/reference/${name}.md`, 'utf8');
    const anchors = new Set([...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading!)));
    const links = [...text.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor!);
    expect(links.length).toBeGreaterThan(3);
    expect(links.filter((anchor) => !anchors.has(anchor))).toEqual([]);
  });

  it('objects has what a person may write, and not the parts that Kubernetes explains', () => {
    const text = readFileSync('docs/reference/objects.md', 'utf8');
    for (const field of ['version', 'strategy.layers.{cloud,fog,edge}.soakSeconds', 'window.{allow,deny}[].rrule']) {
      expect(text).toContain(`| \`${field}\` |`);
    }
    expect(text).not.toContain('livenessProbe');
  });

  it('objects shows what kubectl explains in the words that it has now', () => {
    const text = readFileSync('docs/reference/objects.md', 'utf8');
    const [, shown] = /^DESCRIPTION:\n([\s\S]*?)\n```$/m.exec(text)!;
    const row = text.split('\n').find((line) => line.includes('`strategy.onFailure`'));
    expect(row).toContain(shown!.replace(/\s+/g, ' ').trim());
  });
});

it('a row stays one row, and a cell one cell', () => {
  expect(table(['a', 'b'], [['x|y', 'two\n  lines']])).toBe('| a | b |\n| --- | --- |\n| x\\|y | two lines |\n');
});

it.each([
  [{ minimum: 1, maximum: 5 }, ['1 to 5']],
  [{ minimum: 0 }, ['at least 0']],
  [{ minLength: 0, maxLength: 63 }, ['at most 63 characters']],
  [{ maxItems: 8, default: [] }, ['at most 8 items', 'default `[]`']],
  [{}, []],
])('the limits of %j', (schema, expected) => {
  expect(limitsOf(schema)).toEqual(expected);
});

it.each([
  ['GET /rollouts/{name}', 'get-rolloutsname'],
  ['status of a FogRollout', 'status-of-a-fogrollout'],
])('links to %s', (heading, anchor) => {
  expect(anchorOf(heading)).toBe(anchor);
});
