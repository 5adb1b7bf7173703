import { describe, expect, it } from '@jest/globals';
import { coloured, statusLines } from '../../../cli/status.ts';
import type { FogRollout } from '../../../model/types.ts';
import { aLayer, aRollout, content } from '../model/builders.ts';

const NOW = '2026-01-01T00:10:00Z';
const SINCE = '2026-01-01T00:00:00Z';

function aWaiting(): FogRollout {
  return aRollout(
    { deployments: { cloud: content, fog: content, edge: content } },
    {
      observedGeneration: 3,
      phase: 'WaitingForApproval',
      version: 'v1.1.0',
      revision: { generation: 4, version: 'v1.2.0', hash: 'h' },
      layers: [
        aLayer('cloud', { phase: 'Ready', version: 'v1.2.0', startedAt: SINCE, finishedAt: '2026-01-01T00:00:12Z' }),
        aLayer('fog', { phase: 'Failed', version: 'v1.2.0', message: 'fog: no', startedAt: SINCE, finishedAt: NOW }),
        aLayer('edge', { phase: 'Pending', version: 'v1.1.0' }),
      ],
      gates: [
        { layer: 'edge', at: 'before', name: 'shop', state: 'Closed', message: 'waits for an approval', since: SINCE },
        { layer: 'cloud', at: 'after', name: 'approval', state: 'Open', message: 'approved by alice', since: SINCE },
      ],
      failures: [{ site: 'field-7', layer: 'fog', reason: 'Invalid', message: 'field-7: no' }],
      conditions: [
        {
          type: 'Ready',
          status: 'False',
          reason: 'WaitingForApproval',
          message: 'v1.2.0: waits',
          observedGeneration: 4,
          lastTransitionTime: SINCE,
        },
      ],
    },
  );
}

describe('The tree of a rollout', () => {
  it('has its layers in their order, each between its gates, and the newest failures', () => {
    const { metadata } = aWaiting();
    expect(statusLines(aWaiting(), NOW)).toEqual([
      `${metadata.namespace}/${metadata.name} v1.2.0 WaitingForApproval, generation 4, last complete v1.1.0`,
      '│  v1.2.0: waits',
      '├─ ✔ cloud Ready        v1.2.0  0/1 ready  12 s',
      '├─ ✔ gate approval after the cloud: approved by alice',
      '├─ ✘ fog   Failed       v1.2.0  0/1 ready  10 min 0 s  fog: no',
      '├─ … gate shop before the edge: waits for an approval',
      '├─ – edge  Pending      v1.1.0  0/1 ready  not promoted: fog failed',
      '└─ field-7: no',
    ]);
  });

  it('is coloured on a terminal, and says the same', () => {
    const lines = statusLines(aWaiting(), NOW, coloured);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    const escapes = /\u001b\[\d+m/g;
    expect(lines.join('').match(escapes)?.length).toBeGreaterThan(10);
    expect(lines.map((line) => line.replace(escapes, ''))).toEqual(statusLines(aWaiting(), NOW));
  });

  it('of one that nobody has begun has its layers all the same', () => {
    const rollout = aRollout({ deployments: { cloud: content, edge: content } });
    delete rollout.status;
    expect(statusLines(rollout, NOW).slice(1)).toEqual([
      '├─ – cloud Pending      –  0/1 ready',
      '└─ – edge  Pending      –  0/1 ready  waiting for cloud',
    ]);
  });
});
