import { describe, expect, it } from '@jest/globals';
import { ExportResultCode } from '@opentelemetry/core';
import { ExportTrouble, WatchedExporter } from '../../../tracing/trouble.ts';

function aTrouble() {
  const lines: string[] = [];
  let now = 0;
  const line = (_: unknown, msg: string) => lines.push(msg);
  const log = { warn: line, info: line } as unknown as ConstructorParameters<typeof ExportTrouble>[0];
  const trouble = new ExportTrouble(log, 'http://otel:4318/v1/traces', () => now);
  return { trouble, lines, pass: (ms: number) => (now += ms) };
}

describe('A collector that takes nothing', () => {
  it('is named once a minute, and once when it is back', () => {
    const { trouble, lines, pass } = aTrouble();
    for (let at = 0; at < 70; at++) {
      trouble.failed(new Error('connect ECONNREFUSED'));
      pass(1_000);
    }
    trouble.delivered();
    trouble.delivered();
    const refused =
      'Traces cannot be delivered to http://otel:4318/v1/traces: connect ECONNREFUSED; rollouts go on without';
    expect(lines).toEqual([refused, refused, 'Traces are delivered again']);
  });

  it.each([
    ['it answers otherwise', Object.assign(new Error('Unauthorized'), { code: 401 }), 'HTTP 401 Unauthorized'],
    ['it says much', new Error('first\nsecond'), 'first'],
    ['it says nothing', undefined, 'it was not taken'],
  ])('is told with one line where %s', (_, error, words) => {
    const { trouble, lines } = aTrouble();
    trouble.failed(error);
    expect(lines).toEqual([
      `Traces cannot be delivered to http://otel:4318/v1/traces: ${words}; rollouts go on without`,
    ]);
  });

  it('is noticed by what comes of each export', () => {
    const { trouble, lines } = aTrouble();
    const results = [{ code: ExportResultCode.FAILED, error: new Error('no') }, { code: ExportResultCode.SUCCESS }];
    const exporter = new WatchedExporter(
      { export: (_, done) => done(results.shift()!), shutdown: async () => {} },
      trouble,
    );
    const codes: number[] = [];
    for (let at = 0; at < 2; at++) exporter.export([], ({ code }) => codes.push(code));
    expect(codes).toEqual([ExportResultCode.FAILED, ExportResultCode.SUCCESS]);
    expect(lines).toHaveLength(2);
  });
});
