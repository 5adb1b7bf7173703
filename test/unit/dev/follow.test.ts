import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { consoleOutput, duration } from '../../../dev/console.ts';
import { endOf, observedIn, stageLines } from '../../../dev/follow.ts';
import { messageIn } from '../../../dev/product.ts';
import type { FogRolloutStatus, LayerPhase, LayerStatus } from '../../../model/types.ts';

const layer = (name: 'cloud' | 'edge', phase: LayerPhase, ready: number): LayerStatus => ({
  name,
  phase,
  version: 'v1',
  sites: { total: 1, updated: 1, ready, failed: 0, deferred: 0 },
});
const status = (part: Partial<FogRolloutStatus>): FogRolloutStatus => ({
  observedGeneration: -1,
  phase: 'Pending',
  ...part,
});

describe('a watched rollout', () => {
  it.each([
    ['without a status yet', '1 ', { generation: 1 }],
    ['with one', '2 {"phase":"Pending","observedGeneration":-1}', { generation: 2, status: status({}) }],
    ['is not an empty line', '', undefined],
  ])('is read %s', (_name, line, expected) => {
    expect(observedIn(line)).toEqual(expected);
  });

  it.each([
    ['is not done before its status is written', { generation: 1 }, undefined],
    ['is not done while it goes on', { generation: 1, status: status({ phase: 'Progressing' }) }, undefined],
    [
      'is not done when an older one is',
      { generation: 2, status: status({ phase: 'Succeeded', observedGeneration: 1 }) },
      undefined,
    ],
    [
      'is done when it has succeeded',
      { generation: 2, status: status({ phase: 'Succeeded', observedGeneration: 2 }) },
      'Succeeded',
    ],
    [
      'is done when it has failed',
      { generation: 2, status: status({ phase: 'Failed', observedGeneration: 2 }) },
      'Failed',
    ],
  ])('%s', (_name, observed, expected) => {
    expect(endOf(observed)).toBe(expected);
  });

  it('is shown layer by layer, from the cloud down', () => {
    const layers = [layer('edge', 'Pending', 0), layer('cloud', 'Ready', 1)];
    expect(stageLines({ generation: 1, status: status({ phase: 'Progressing', layers }) })).toEqual([
      '  cloud   Ready        v1  1/1 ready',
      '  edge    Pending      v1  0/1 ready',
      '  rollout Progressing ',
    ]);
  });

  it('is shown with its wave, and with the newest few failures', () => {
    const sites = { total: 100, updated: 40, ready: 34, failed: 6, deferred: 2 };
    const message = 'wave 2 of 3 (rest): 12 under way';
    const failures = ['a', 'b', 'c', 'd', 'e', 'f'].map((site) => ({
      site,
      layer: 'edge' as const,
      reason: 'ImagePullBackOff',
      message: `edge ${site}: no \x1b[2Jimage`,
    }));
    const layers = [{ ...layer('edge', 'Progressing', 34), sites, message }];
    expect(stageLines({ generation: 1, status: status({ phase: 'Progressing', layers, failures }) })).toEqual([
      '  edge    Progressing  v1  34/100 ready, 6 failed, 2 deferred  wave 2 of 3 (rest): 12 under way',
      '  rollout Progressing ',
      ...['a', 'b', 'c', 'd', 'e'].map((site) => `  edge ${site}: no  [2Jimage`),
      '  and 1 more',
    ]);
  });
});

describe('without a terminal', () => {
  let written: string;
  beforeEach(() => {
    written = '';
  });
  const stream = { isTTY: false, write: (text: string) => (written += text) } as unknown as NodeJS.WriteStream;

  it('only lines that changed are printed', () => {
    const output = consoleOutput(stream);
    output.redraw(['cloud Progressing', 'rollout Progressing']);
    output.redraw(['cloud Ready', 'rollout Progressing']);
    expect(written).toBe('cloud Progressing\nrollout Progressing\ncloud Ready\n');
  });

  afterEach(() => expect(written).not.toContain('\x1b'));
});

describe('on a terminal', () => {
  it('what was drawn is drawn over, long lines and lines that are gone included', () => {
    let written = '';
    const stream = { isTTY: true, columns: 10, write: (text: string) => (written += text) };
    const output = consoleOutput(stream as unknown as NodeJS.WriteStream);
    output.redraw(['\x1b[32mcloud\x1b[39m ready', 'no such image', '']);
    written = '';
    output.redraw(['cloud']);
    expect(written).toBe('\x1b[5A\x1b[Jcloud\n');
  });
});

describe('a duration', () => {
  it.each([
    [1_240, '1.2 s'],
    [54_000, '54 s'],
    [206_000, '3 min 26 s'],
  ])('of %s ms is %s', (milliseconds, expected) => {
    expect(duration(milliseconds)).toBe(expected);
  });
});

describe('a log line', () => {
  it.each([
    ['says its message', '{"level":50,"msg":"Cannot connect","err":{"message":"refused"}}', 'Cannot connect: refused'],
    ['that is no JSON says itself', 'Error: port taken', 'Error: port taken'],
  ])('%s', (_name, line, expected) => {
    expect(messageIn(line)).toBe(expected);
  });
});
