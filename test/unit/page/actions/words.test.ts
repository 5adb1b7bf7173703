import { describe, expect, it } from '@jest/globals';
import type { FogRollout } from '../../../../model/types.ts';
import { contentChanges, type Kept } from '../../../../page/actions/changes.ts';
import type { Asking } from '../../../../page/actions/effects.ts';
import { bodyOf, questionOf } from '../../../../page/actions/words.ts';
import { aGate } from '../rollouts.ts';

const gate = aGate({ at: 'after', wave: 'canary' });

describe('What is asked', () => {
  it.each<[string, Asking, object]>([
    [
      'Approve the gate shop after canary of the edge?',
      { action: 'Approve', gate },
      { action: 'Approve', layer: 'edge', wave: 'canary', gate: 'shop', revision: 2 },
    ],
    ['Skip a layer of web?', { action: 'Skip', layer: 'fog' }, { action: 'Skip', layer: 'fog', revision: 2 }],
    ['Skip the site kiel?', { action: 'Skip', site: 'kiel' }, { action: 'Skip', site: 'kiel', revision: 2 }],
    [
      'Skip what is left of the wave canary?',
      { action: 'Skip', wave: 'canary', layer: 'edge' },
      { action: 'Skip', wave: 'canary', layer: 'edge', revision: 2 },
    ],
    ['Roll back web?', { action: 'Rollback' }, { action: 'Rollback' }],
    ['Roll back web?', { action: 'Rollback', to: { generation: 1 } }, { action: 'Rollback', revision: 1 }],
    ['Pause web?', { action: 'Pause' }, { action: 'Pause', revision: 2 }],
  ])('%s', (question, asking, body) => {
    expect([questionOf(asking, 'web'), bodyOf(asking, '', 2)]).toEqual([question, body]);
  });

  it('has the reason, where one is given, and no generation where none is meant', () => {
    expect(bodyOf({ action: 'Abort' }, 'incident 7', undefined)).toEqual({ action: 'Abort', reason: 'incident 7' });
  });
});

describe('What changes', () => {
  const of = (image: string, more: object = {}) => ({ containers: [{ name: 'web', image }], ...more });
  const spec = (version: string, deployments: object) => ({ version, deployments }) as FogRollout['spec'];
  const now = spec('v2', { cloud: of('nginx:2'), fog: of('nginx:1'), edge: of('nginx:2', { replicas: 2 }) });
  const kept = { generation: 1, ...spec('v1', { cloud: of('nginx:1'), fog: of('nginx:1') }) };

  it('since a generation', () => {
    expect(contentChanges(now, kept, { isBack: false })).toEqual([
      { layer: 'cloud', lines: ['containers[web].image: nginx:1 → nginx:2'] },
      { layer: 'fog', lines: ['keeps its pods'] },
      { layer: 'edge', lines: ['is given it for the first time'] },
    ]);
  });

  it('by going back to it, edge first', () => {
    expect(contentChanges(now, kept, { isBack: true })).toEqual([
      { layer: 'edge', lines: ['loses its releases'] },
      { layer: 'fog', lines: ['keeps its pods'] },
      { layer: 'cloud', lines: ['containers[web].image: nginx:2 → nginx:1'] },
    ]);
  });

  it('in one layer, in few words', () => {
    const env = Array.from({ length: 9 }, (_, at) => ({ name: `E${at}`, value: 'x'.repeat(90) }));
    const edge = { containers: [{ name: 'web', image: 'nginx:2', env }] };
    const [change] = contentChanges(spec('v2', { edge }), { ...kept, deployments: { edge: of('nginx:1') } } as Kept, {
      isBack: false,
      only: 'edge',
    })!;
    expect(change!.lines.every((line) => line.length < 160)).toBe(true);
    expect(change!.lines.length).toBeLessThanOrEqual(7);
  });

  it('is not known where the content is not kept', () => {
    expect(contentChanges(now, { generation: 1 }, { isBack: true })).toBeUndefined();
  });
});
