import { describe, expect, it } from '@jest/globals';
import { censusOf } from '../../../model/census.ts';
import type { Condition, FogRolloutStatus, FogSiteStatus, GateStatus, SiteCondition } from '../../../model/types.ts';
import { aLayer, aRollout } from './builders.ts';
import { aSite } from './fleet/sites.ts';

const AT = '2026-01-01T00:00:00Z';
const status = (phase: FogRolloutStatus['phase'], more: Partial<FogRolloutStatus> = {}) => ({
  observedGeneration: 1,
  phase,
  ...more,
});
const condition = (type: Condition['type'], value: Condition['status'], reason: string): Condition => ({
  ...{ type, status: value, reason, message: '', observedGeneration: 1, lastTransitionTime: AT },
});
const rollouts = (...statuses: (FogRolloutStatus | undefined)[]) => statuses.map((one) => aRollout({}, one));

describe('The census', () => {
  it('counts rollouts by phase, those without a word as Pending', () => {
    const { rollouts: phases } = censusOf(rollouts(undefined, status('Progressing'), status('Progressing')), []);
    expect(phases).toMatchObject({ Pending: 1, Progressing: 2, Failed: 0 });
  });

  it('counts those that only a person gets going by a reason of the list, and those no longer ready', () => {
    const stalled = (reason: string) => status('Failed', { conditions: [condition('Stalled', 'True', reason)] });
    const degraded = status('Succeeded', { conditions: [condition('Ready', 'False', 'ReleaseNotReady')] });
    const census = censusOf(rollouts(stalled('Forbidden'), stalled('Forbidden'), stalled('my-site-17'), degraded), []);
    expect([...census.stalled]).toEqual([
      ['Forbidden', 2],
      ['Other', 1],
    ]);
    expect(census.degraded).toBe(1);
  });

  it.each<[string, FogRolloutStatus, number]>([
    ['is ready', status('Succeeded', { conditions: [condition('Ready', 'True', 'Succeeded')] }), 0],
    ['says nothing of that', status('Succeeded'), 0],
    ['goes on', status('Progressing', { conditions: [condition('Ready', 'False', 'Progressing')] }), 0],
    ['has failed, and is tried again', status('Failed', { conditions: [condition('Ready', 'False', 'Repairing')] }), 0],
    [
      'only a person gets going, which is counted as that',
      status('Succeeded', {
        conditions: [condition('Ready', 'False', 'RolledBack'), condition('Stalled', 'True', 'RolledBack')],
      }),
      0,
    ],
    ['was ready', status('Succeeded', { conditions: [condition('Ready', 'False', 'ReleaseNotReady')] }), 1],
  ])('counts one as no longer ready, or not, that %s', (_, one, count) => {
    expect(censusOf(rollouts(one), []).degraded).toBe(count);
  });

  it.each(['Succeeded', 'Failed', 'Removing'] as const)(
    'counts no gate of a rollout that waits no more: %s',
    (phase) => {
      const since = { state: 'Closed', message: '', since: AT } as const;
      const gates: GateStatus[] = [{ layer: 'edge', at: 'before', name: 'board', ...since }];
      expect(censusOf(rollouts(status(phase, { gates })), []).gates.other).toEqual({ rollouts: 0 });
      expect(censusOf(rollouts(status('Progressing', { gates })), []).gates.other.rollouts).toBe(1);
    },
  );

  it('knows since when the first waits, and only of gates that are closed', () => {
    const gate = (since: string, more: Partial<GateStatus> = {}): GateStatus => ({
      ...{ layer: 'edge', at: 'after', name: 'soak', state: 'Closed', message: '', since },
      ...more,
    });
    const waits = (...gates: GateStatus[]) => censusOf(rollouts(status('Progressing', { gates })), []).gates;
    const times = [gate('2026-01-01T00:02:00Z'), gate('2026-01-01T00:01:00Z'), gate('2026-01-01T00:03:00Z')];
    expect(waits(...times).soak).toEqual({ rollouts: 3, since: Date.parse('2026-01-01T00:01:00Z') });
    expect(waits(gate('long ago'), gate(AT)).soak).toEqual({ rollouts: 2, since: Date.parse(AT) });
    expect(waits(gate('long ago')).soak).toEqual({ rollouts: 1 });
    expect(waits(gate(AT, { state: 'Open' })).soak).toEqual({ rollouts: 0 });
  });

  it('takes only the soak itself for one', () => {
    const since = { state: 'Closed', message: '', since: AT } as const;
    const kind = (name: string, at: GateStatus['at']) => {
      const gates: GateStatus[] = [{ layer: 'edge', at, name, ...since }];
      const { soak, other } = censusOf(rollouts(status('Progressing', { gates })), []).gates;
      return [soak.rollouts, other.rollouts];
    };
    expect(kind('soak', 'after')).toEqual([1, 0]);
    expect(kind('soak', 'before')).toEqual([0, 1]);
    expect(kind('smoke', 'after')).toEqual([0, 1]);
  });

  it('knows the kind of the gates that are waited at, and since when', () => {
    const gate = (name: string, more: Partial<GateStatus> = {}): GateStatus => ({
      ...{ layer: 'edge', at: 'before', name, state: 'Closed', message: '', since: AT },
      ...more,
    });
    const spec = {
      strategy: {
        layers: {
          edge: {
            before: [{ name: 'board', approval: {} }, { job: { cronJob: 'smoke' } }],
            waves: [{ name: 'first', after: [{ window: { ref: 'nights' } }] }],
          },
        },
      },
    };
    const gates = [
      gate('board'),
      gate('job-2', { since: '2026-01-01T00:01:00Z' }),
      gate('window', { at: 'after', wave: 'first' }),
      gate('soak', { at: 'after' }),
      gate('was-once'),
      gate('open', { state: 'Open' }),
    ];
    const waiting = [aRollout(spec, status('WaitingForApproval', { gates }))];
    const ended = [aRollout(spec, status('Failed', { gates }))];
    const counts = ({ gates: kinds }: ReturnType<typeof censusOf>) =>
      Object.entries(kinds).flatMap(([kind, { rollouts: count }]) => (count > 0 ? [kind] : []));
    expect(counts(censusOf(waiting, []))).toEqual(['approval', 'window', 'job', 'soak', 'other']);
    expect(censusOf(waiting, []).gates.job).toEqual({ rollouts: 1, since: Date.parse('2026-01-01T00:01:00Z') });
    expect(counts(censusOf(ended, []))).toEqual([]);
  });

  it('adds up the sites of layers; what is none of the states is pending', () => {
    const sites = { total: 10, updated: 9, ready: 4, failed: 1, deferred: 2, unknown: 1 };
    const layers = [aLayer('edge', { sites })];
    const { layerSites } = censusOf(rollouts(status('Progressing', { layers }), status('Progressing', { layers })), []);
    expect(layerSites.edge).toEqual({ ready: 8, failed: 2, deferred: 4, unknown: 2, pending: 4 });
    expect(layerSites.fog.ready).toBe(0);
  });

  it('counts each FogSite in the first state that holds', () => {
    const said = (type: SiteCondition['type'], value: SiteCondition['status']): SiteCondition => ({
      ...{ type, status: value, reason: 'Some', message: '', observedGeneration: 1, lastTransitionTime: AT },
    });
    const of = (...conditions: SiteCondition[]): { status: FogSiteStatus } => ({ status: { conditions } });
    const drifted = [{ namespace: 'shop', name: 'web', message: 'gone' }];
    const hold = { reason: 'works' };
    const { sites, drifted: releases } = censusOf(
      [],
      [
        aSite('new'),
        aSite('bad', of(said('Ready', 'False'), said('Reachable', 'False'))),
        aSite('away', { ...of(said('Ready', 'True'), said('Reachable', 'False')), hold }),
        aSite('held', { ...of(said('Ready', 'True')), hold }),
        aSite('well', { status: { conditions: [said('Ready', 'True'), said('Reachable', 'True')], drifted } }),
      ],
    );
    expect(sites.edge).toEqual({ unjudged: 1, unusable: 1, out_of_reach: 1, held: 1, usable: 1 });
    expect(releases).toEqual({ cloud: 0, fog: 0, edge: 1 });
  });
});
