import { describe, expect, it } from '@jest/globals';
import { runSpanId, spanId, traceIdOf } from '../../../tracing/ids.ts';

describe('The id of a trace', () => {
  it('is that of the run, without dashes', () => {
    expect(traceIdOf('0193AB4c-6d5e-7f80-9123-456789abcdef')).toBe('0193ab4c6d5e7f809123456789abcdef');
  });

  it.each([['what is no UUID'], [''], ['00000000-0000-0000-0000-000000000000']])('is one of %p, too', (runId) => {
    expect(traceIdOf(runId)).toMatch(/^[0-9a-f]{32}$/);
    expect(traceIdOf(runId)).not.toMatch(/^0+$/);
  });
});

describe('The id of a span', () => {
  const trace = traceIdOf('0193ab4c-6d5e-7f80-9123-456789abcdef');

  it('is FNV-1a of what names it: the same in every process, and tomorrow', () => {
    // http://www.isthe.com/chongo/src/fnv/test_fnv.c: of "" and "foobar".
    expect([spanId('', ''), traceIdOf('')]).toEqual(['af63a24c860189fe', 'cbf29ce484222325af63a24c860189fe']);
    expect(runSpanId(trace)).toBe(spanId(trace, 'run'));
  });

  it('is another one for each site of a large fleet', () => {
    const ids = Array.from({ length: 10_000 }, (_, at) => spanId(trace, `site edge edge-${at}/1764246183000`));
    expect(new Set(ids).size).toBe(10_000);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{16}$/);
  });
});
