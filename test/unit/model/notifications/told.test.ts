import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { PastRun } from '../../../../model/history/past.ts';
import { endOf, recordOf } from '../../../../model/history/record.ts';
import { LAYERS } from '../../../../model/layers.ts';
import { courseOf } from '../../../../model/notifications/course.ts';
import { lackedOf, mayLack, newsOf, type Told } from '../../../../model/notifications/told.ts';
import { settle, succeeded } from '../../../../model/status.ts';
import type { FogRolloutStatus } from '../../../../model/types.ts';
import {
  adjusted,
  at,
  failedRun,
  gate,
  objectOf,
  opened,
  repairOf,
  revisionOf,
  skipsFog,
  standing,
  tellAll,
  wellRun,
} from './runs.ts';

const WELL = wellRun();
const [OPENED, CLOUD, CLOUD_READY, FOG] = WELL as [
  FogRolloutStatus,
  FogRolloutStatus,
  FogRolloutStatus,
  FogRolloutStatus,
];
const DONE = WELL.at(-1)!;
const FAILED = failedRun().at(-1)!;
const turns = (...layers: readonly string[]) =>
  layers.flatMap((layer) => [`layer.started ${layer}`, `layer.ready ${layer}`]);
const WHOLE = ['rollout.started', ...turns(...LAYERS), 'rollout.succeeded'];
const hold = { by: 'alice', at: at(3), reason: 'lunch' };
const rollback = { generation: 1, version: 'v1', at: at(20), by: 'alice' };
const unready = settle(DONE, { state: 'degraded', reason: 'ReleaseNotReady', message: 'gone' }, at(30));
const REPAIRED = repairOf(DONE, 40);

/** What is told of an object that goes through these; undefined: it has no status yet. A text is told of it in between. */
function toldOf(statuses: (FogRolloutStatus | undefined)[]): string[] {
  let told: Told | undefined;
  return statuses.flatMap((status) => {
    const next = tellAll(told, objectOf(status));
    told = next.told;
    return next.heard.map(({ words }) => words);
  });
}

describe('What is told of a rollout', () => {
  it.each<[string, (FogRolloutStatus | undefined)[], string[]]>([
    ['without a run', [undefined], []],
    ['that begins', [undefined, OPENED], ['rollout.started']],
    ['whose first layer begins', [OPENED, CLOUD], ['rollout.started', 'layer.started cloud']],
    ['that is seen at each step', WELL, WHOLE],
    ['that is seen when it is over', [DONE], WHOLE],
    ['that is seen twice', [DONE, DONE], WHOLE],
    [
      'that fails',
      failedRun(),
      ['rollout.started', ...turns('cloud'), 'layer.started fog', 'layer.failed fog', 'rollout.failed'],
    ],
    [
      'that is seen when it has failed',
      [FAILED],
      ['rollout.started', ...turns('cloud'), 'layer.started fog', 'layer.failed fog', 'rollout.failed'],
    ],
    [
      'that waits at a gate',
      [
        CLOUD_READY,
        standing(CLOUD_READY, 'WaitingForApproval', { gates: [gate('Closed')] }),
        { ...FOG, gates: [gate('Open')] },
      ],
      ['rollout.started', ...turns('cloud'), 'rollout.waiting shop', 'layer.started fog'],
    ],
    [
      'whose gate opens at once',
      [{ ...FOG, gates: [gate('Open')] }],
      ['rollout.started', ...turns('cloud'), 'layer.started fog'],
    ],
    [
      'that a person pauses, and lets go on',
      [CLOUD_READY, standing(CLOUD_READY, 'Paused', { hold }), FOG],
      ['rollout.started', ...turns('cloud'), 'rollout.paused', 'rollout.resumed', 'layer.started fog'],
    ],
    [
      'that windows hold twice',
      [CLOUD_READY, standing(CLOUD_READY, 'Paused'), CLOUD_READY, standing(CLOUD_READY, 'Paused'), DONE],
      [
        'rollout.started',
        ...turns('cloud'),
        'rollout.paused',
        'rollout.resumed',
        'rollout.paused',
        ...turns('fog', 'edge'),
        'rollout.succeeded',
      ],
    ],
    [
      'that passes a layer over',
      [succeeded(skipsFog(CLOUD_READY), revisionOf(1), at(9))],
      ['rollout.started', ...turns('cloud'), 'layer.skipped fog', 'rollout.succeeded'],
    ],
    ['that changes', [...WELL, ...wellRun(DONE, { generation: 2, from: 100 })], [...WHOLE, ...WHOLE]],
    [
      'whose strategy alone changes meanwhile',
      [CLOUD_READY, adjusted(CLOUD_READY, 2), adjusted(FOG, 2)],
      ['rollout.started', ...turns('cloud'), 'rollout.started', 'layer.started fog'],
    ],
    [
      'that a person has tried again',
      [FAILED, ...wellRun(FAILED, { from: 50, action: 'uid-of-the-action' })],
      ['rollout.started', ...turns('cloud'), 'layer.started fog', 'layer.failed fog', 'rollout.failed', ...WHOLE],
    ],
    [
      'that a person rolls back',
      [DONE, ...wellRun(DONE, { attempt: 1, from: 50, action: 'a', rollback })],
      [...WHOLE, 'rollout.rollingback', ...turns(...LAYERS), 'rollout.rolledback'],
    ],
    ['that is no longer ready, and again', [DONE, unready, succeeded(unready, revisionOf(1), at(33))], WHOLE],
    ['that is repaired', [...WELL, ...REPAIRED, ...repairOf(REPAIRED.at(-1)!, 60)], WHOLE],
  ])('%s', (_, statuses, expected) => {
    expect(toldOf(statuses)).toEqual(expected);
  });

  it('that a repair fails, and the next one puts right: another end each, with another id', () => {
    const broken = { ...FAILED, run: { ...FAILED.run!, runId: 'repair' } };
    let told: Told | undefined;
    const heard = [DONE, broken, DONE, broken].flatMap((status) => {
      const next = tellAll(told, objectOf(status));
      told = next.told;
      return next.heard;
    });
    expect(heard.slice(-4).map(({ words }) => words)).toEqual([
      'rollout.succeeded',
      'rollout.failed',
      'rollout.succeeded',
      'rollout.failed',
    ]);
    expect(new Set(heard.map(({ id }) => id)).size).toBe(heard.length);
  });

  it('that goes: after its end, or in the middle of it', () => {
    const { told } = tellAll(undefined, objectOf(DONE));
    expect(tellAll(told, objectOf(DONE, at(50))).heard).toMatchObject([{ words: 'rollout.removing', at: at(50) }]);
    const half = tellAll(tellAll(undefined, objectOf(CLOUD)).told, objectOf({ ...CLOUD, phase: 'Removing' }, at(5)));
    expect(half.heard.map(({ words }) => words)).toEqual(['rollout.removing']);
    expect(tellAll(half.told, objectOf({ ...CLOUD, phase: 'Removing' }, at(5))).heard).toEqual([]);
  });

  it('has the times of what happened, in their order', () => {
    const times = tellAll(undefined, objectOf(DONE)).heard.map(({ at: when }) => when);
    expect(times).toEqual([at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)]);
  });

  it('is little to remember of a rollout that has ended', () => {
    expect(JSON.stringify(tellAll(undefined, objectOf(DONE)).told).length).toBeLessThan(120);
  });
});

describe('Whoever tells', () => {
  /** Of runs that follow each other, some of which are not done. */
  const story = [
    ...WELL,
    ...repairOf(DONE, 10),
    ...failedRun(DONE, { generation: 2, from: 100 }),
    ...wellRun(FAILED, { generation: 2, from: 200, action: 'again' }),
    ...wellRun(DONE, { generation: 2, attempt: 1, from: 300, action: 'back', rollback }),
  ];
  const undisturbed = story.reduce<{ told: Told | undefined; ids: string[] }>(
    ({ told, ids }, status) => {
      const next = tellAll(told, objectOf(status));
      return { told: next.told, ids: [...ids, ...next.heard.map(({ id }) => id)] };
    },
    { told: undefined, ids: [] },
  ).ids;

  it('may die between any telling and its being written down: all is told, in order, the same under the same id', () => {
    const step = fc.record({ crash: fc.boolean(), lose: fc.nat(6) });
    fc.assert(
      fc.property(fc.array(step, { minLength: story.length, maxLength: story.length }), (steps) => {
        let written: Told | undefined;
        const heard: string[] = [];
        for (const [index, status] of story.entries()) {
          const course = courseOf(objectOf(status))!;
          const { crash, lose } = steps[index]!;
          // Up to so many of what was told are not written down when it dies.
          if (crash) {
            let told = written;
            for (let n = 0; n < lose; n++) {
              const news = newsOf(told, course);
              if (!news) break;
              heard.push(...tellOne(told, status));
              told = news.told;
            }
          }
          const next = tellAll(written, objectOf(status));
          heard.push(...next.heard.map(({ id }) => id));
          written = next.told;
        }
        expect([...new Set(heard)]).toEqual(undisturbed);
      }),
      { numRuns: 100 },
    );
  });

  it('may look only now and then: what it tells is in order, and the end of what it sees is never missing', () => {
    fc.assert(
      fc.property(fc.subarray([...story.keys()], { minLength: 1 }), (seen) => {
        let told: Told | undefined;
        const heard: string[] = [];
        for (const index of seen) {
          const next = tellAll(told, objectOf(story[index]));
          heard.push(...next.heard.map(({ id }) => id));
          told = next.told;
        }
        const places = heard.map((id) => undisturbed.indexOf(id)).filter((place) => place >= 0);
        expect(places).toEqual(places.toSorted((a, b) => a - b));
        expect(new Set(heard).size).toBe(heard.length);
        // Nothing more of the last that was seen.
        expect(tellAll(told, objectOf(story[seen.at(-1)!])).heard).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  function tellOne(told: Told | undefined, status: FogRolloutStatus): string[] {
    return tellAll(told, objectOf(status))
      .heard.slice(0, 1)
      .map(({ id }) => id);
  }
});

describe('Runs that came and went unseen', () => {
  const first = wellRun().slice(0, 3);
  const second = failedRun(first.at(-1), { generation: 2, from: 100 });
  const third = opened(second.at(-1), { generation: 3, from: 200 });
  const present = courseOf(objectOf(third))!;
  const notes = { kind: 'rollout' as const, actions: [] };
  const past: PastRun[] = [
    {
      generation: 1,
      ...recordOf(first.at(-1)!, {
        notes,
        outcome: 'Superseded',
        finishedAt: at(99),
        message: 'superseded by generation 2',
      })!,
    },
    { generation: 2, ...endOf(second.at(-1)!, notes)! },
  ];
  const { told, heard: before } = tellAll(undefined, objectOf(first.at(-2)));

  it('are told of by the history, from where it was left', () => {
    let so: Told | undefined = told;
    const heard: string[] = [];
    for (;;) {
      const [news] = [...lackedOf(so, past, present), present].flatMap((course) => newsOf(so, course) ?? []);
      if (!news) break;
      heard.push(`${news.run} ${news.happened.kind}`);
      so = news.told;
    }
    expect(before.map(({ words }) => words)).toEqual(['rollout.started', 'layer.started cloud']);
    expect(heard).toEqual([
      '1.0 layer.ready',
      '1.0 rollout.superseded',
      '2.0 rollout.started',
      '2.0 layer.started',
      '2.0 layer.ready',
      '2.0 layer.started',
      '2.0 layer.failed',
      '2.0 rollout.failed',
      '3.0 rollout.started',
    ]);
  });

  it.each<[string, Told | undefined, FogRolloutStatus, FogRolloutStatus[] | undefined, boolean]>([
    ['not of a first run', undefined, first[0]!, undefined, false],
    ['of another, of which nobody knows what came before', undefined, third, undefined, true],
    ['not where one run was seen before, of which nothing was to be told', undefined, third, [second.at(-1)!], false],
    ['not of the run that was told of last', told, first.at(-1)!, undefined, false],
    ['where the one before was told of in part', told, third, [first.at(-1)!], true],
    [
      'not where that had ended, and was seen right before',
      tellAll(undefined, objectOf(DONE)).told,
      opened(DONE, { generation: 2, from: 100 }),
      [DONE],
      false,
    ],
    [
      'where others may have been in between',
      tellAll(undefined, objectOf(DONE)).told,
      third,
      [DONE, second.at(-1)!],
      true,
    ],
    ['where nobody knows', tellAll(undefined, objectOf(DONE)).told, third, undefined, true],
  ])('are asked for %s', (_, so, status, seen, expected) => {
    const heads = seen?.map((one) => courseOf(objectOf(one))!);
    expect(mayLack(so, courseOf(objectOf(status))!, heads)).toBe(expected);
  });
});
