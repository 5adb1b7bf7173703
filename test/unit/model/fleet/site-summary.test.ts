import { describe, expect, it } from '@jest/globals';
import { type SiteSummary, siteSummaryOf } from '../../../../model/fleet/site-summary.ts';
import type { SiteCondition } from '../../../../model/types.ts';
import { away, drifted } from './records.ts';
import { aSite, type SiteWishes } from './sites.ts';

const SEEN = '2026-11-22T10:30:00Z';

function condition(type: SiteCondition['type'], status: SiteCondition['status'], message = 'so it is'): SiteCondition {
  return { type, status, observedGeneration: 1, lastTransitionTime: SEEN, reason: 'Because', message };
}
const ready = condition('Ready', 'True');
const unready = condition('Ready', 'False', 'Its parent is not there');
const answers = condition('Reachable', 'True');
const silent = away().conditions!;

describe('A FogSite in a few lines', () => {
  it('says where it is, what it carries and what is written on it', () => {
    const labels = { region: 'north' };
    const spec = { parent: 'fog-1', taskQueue: 'north', cluster: { name: 'store' }, hold: { reason: 'Stocktaking' } };
    const status = { conditions: [ready, answers], releases: 3, lastSeen: SEEN };
    expect(siteSummaryOf(aSite('edge-1', { labels, ...spec, status }))).toEqual({
      name: 'edge-1',
      layer: 'edge',
      phase: 'Ready',
      reachable: 'True',
      parent: 'fog-1',
      namespace: 'edge-1',
      cluster: 'store',
      queue: 'north',
      labels,
      hold: 'Stocktaking',
      releases: 3,
      drifted: 0,
      lastSeen: SEEN,
      createdAt: '2026-11-22T00:00:00Z',
    });
  });

  it.each<[string, SiteWishes, Partial<SiteSummary>]>([
    ['nobody has looked at', {}, { phase: 'Unknown', reachable: 'Unknown', labels: {}, drifted: 0 }],
    [
      'of an earlier spec only something is known',
      { generation: 2, status: { conditions: [ready, answers] } },
      {
        phase: 'Unknown',
        reachable: 'Unknown',
      },
    ],
    [
      'takes no part, whether it answers or not',
      { status: { conditions: [unready, ...silent] } },
      {
        phase: 'NotReady',
        reachable: 'False',
        message: 'Its parent is not there',
      },
    ],
    [
      'does not answer',
      { status: away({ ...away(), conditions: [ready, ...silent], lastSeen: SEEN }) },
      {
        phase: 'Unreachable',
        reachable: 'False',
        message: `No worker of its queue answers; last seen ${SEEN}`,
      },
    ],
    [
      'has drifted',
      { status: { ...drifted(), conditions: [ready, answers] } },
      {
        phase: 'Drifted',
        drifted: 1,
        message: 'shop/web: the Deployment is missing',
      },
    ],
    [
      'has drifted more than once',
      { status: { drifted: [...drifted().drifted!, ...drifted('api').drifted!], conditions: [ready] } },
      { drifted: 2, message: 'shop/web: the Deployment is missing, and 1 more' },
    ],
    ['goes', { deleting: true, status: { conditions: [unready] } }, { phase: 'Removing' }],
  ])('that %s', (_, wishes, expected) => {
    expect(siteSummaryOf(aSite('edge-1', wishes))).toMatchObject(expected);
  });
});
