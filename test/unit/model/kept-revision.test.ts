import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { keptOf, revisionIn } from '../../../model/kept-revision.ts';
import type { Revision } from '../../../model/types.ts';
import { content, revision } from './builders.ts';

const strategy = { progressDeadlineSeconds: 600, promotion: 'Layer', layers: {} } as Revision['strategy'];
const withValue = (value: string): Revision => ({
  ...revision,
  layers: { cloud: { containers: [{ ...content.containers[0]!, env: [{ name: 'TEXT', value }] }] } },
  hashes: { cloud: 'content-hash' },
  strategy,
});

/** What Go's encoding/json makes of the same value: sorted keys, and these characters escaped. */
function goJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([key, member]) => `${goJson(key)}:${goJson(member)}`).join(',')}}`;
  }
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, escaped);
}

describe('The content of a revision that is kept', () => {
  it('comes out of the API server byte by byte as it went in, whatever is in it', () => {
    const any = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('<a>&b', '\u2028\u2029', '"\\\n\u0001', '\ud800'),
    );
    fc.assert(
      fc.property(any, (value) => {
        const kept = keptOf(withValue(value));
        expect(JSON.stringify(kept)).toBe(goJson(JSON.parse(JSON.stringify(kept))));
        expect(revisionIn(JSON.parse(goJson(kept)))).toEqual(withValue(value));
      }),
    );
  });

  it('is read as 0.1.0 kept it too', () => {
    expect(revisionIn(withValue('<a>&b'))).toEqual(withValue('<a>&b'));
  });

  it.each([[undefined], [null], ['text'], [{}], [{ json: 7 }], [{ json: '{' }]])('is not made up from %j', (data) => {
    expect(revisionIn(data)).toBeUndefined();
  });
});
