import { describe, expect, it } from '@jest/globals';
import type { Budget } from '../../../../model/fleet/budget.ts';
import { type Outcome, outcomeOf } from '../../../../model/fleet/outcome.ts';
import { type ShardReport, untouched } from '../../../../model/fleet/report.ts';

const lenient: Budget = { maxConcurrency: 1, maxFailures: 50, minSuccess: 0, minReachable: 0 };
type Reason = Extract<Outcome, { ok: false }>['reason'];

describe('outcomeOf', () => {
  it.each<[string, Partial<ShardReport>, Partial<Budget>]>([
    ['all ready', { ready: 50 }, { maxFailures: 0, minSuccess: 50, minReachable: 50 }],
    ['no site at all', {}, { minSuccess: 0 }],
    ['as many failed as may', { ready: 47, failed: 3 }, { maxFailures: 3 }],
    ['as many ready as must', { ready: 10, deferred: 40 }, { minSuccess: 10 }],
    ['as many in reach as must', { ready: 40, deferred: 10 }, { minReachable: 40 }],
    ['the others have left', { ready: 49, skipped: 1 }, { minSuccess: 50 }],
    ['all have left, and none had to be ready', { skipped: 1 }, { minSuccess: 0 }],
    ['all but one have left', { ready: 1, skipped: 49 }, { minSuccess: 50 }],
    ['there is nothing to be ready', {}, { minSuccess: 1 }],
  ])('is well where %s', (_, totals, budget) => {
    expect(outcomeOf({ ...untouched(0), ...totals }, { ...lenient, ...budget })).toEqual({ ok: true });
  });

  it.each<[Partial<ShardReport>, Partial<Budget>, Reason, string]>([
    [{ ready: 47, failed: 3 }, { maxFailures: 2 }, 'TooManyFailures', '3 of 50 sites failed, 2 may'],
    [{ failed: 1 }, { maxFailures: 0 }, 'TooManyFailures', '1 of 1 site failed, none may'],
    [{ waiting: 49, failed: 1 }, { maxFailures: 0 }, 'TooManyFailures', '1 of 50 sites failed, none may'],
    [{ ready: 9, failed: 1 }, { minSuccess: 10 }, 'TooFewReady', '9 of 10 sites became ready, 10 must (1 failed)'],
    [
      { ready: 1, failed: 2, deferred: 3, skipped: 4, held: 5 },
      { minSuccess: 15 },
      'TooFewReady',
      '1 of 15 sites became ready, 11 must (2 failed, 3 deferred, 4 skipped, 5 held)',
    ],
    [{ held: 1 }, { minSuccess: 1 }, 'TooFewReady', '0 of 1 site became ready, 1 must (1 held)'],
    [{ skipped: 1 }, { minSuccess: 1 }, 'TooFewReady', '0 of 1 site became ready, 1 must (1 skipped)'],
    [{ skipped: 50 }, { minSuccess: 50 }, 'TooFewReady', '0 of 50 sites became ready, 1 must (50 skipped)'],
    [
      { skipped: 8, deferred: 1, held: 1 },
      { minSuccess: 1 },
      'TooFewReady',
      '0 of 10 sites became ready, 1 must (1 deferred, 8 skipped, 1 held)',
    ],
    [{ ready: 48, waiting: 1, inFlight: 1 }, {}, 'TooFewReady', '2 of 50 sites did not come to an end'],
    [{ ready: 49, blocked: 1 }, {}, 'TooFewReady', '1 of 50 sites did not come to an end'],
    [{ ready: 39, deferred: 11 }, { minReachable: 40 }, 'TooFewReachable', '39 of 50 sites could be reached, 40 must'],
  ])('%j against %j is %s', (totals, budget, reason, message) => {
    expect(outcomeOf({ ...untouched(0), ...totals }, { ...lenient, ...budget })).toEqual({
      ok: false,
      reason,
      message,
    });
  });

  it('names failures first, then readiness, then reach', () => {
    const totals = { ...untouched(0), failed: 1, deferred: 1 };
    const reasonOf = (budget: Partial<Budget>) => {
      const outcome = outcomeOf(totals, { ...lenient, minSuccess: 2, minReachable: 2, ...budget });
      return outcome.ok ? undefined : outcome.reason;
    };
    expect(reasonOf({ maxFailures: 0 })).toBe('TooManyFailures');
    expect(reasonOf({})).toBe('TooFewReady');
    expect(reasonOf({ minSuccess: 0 })).toBe('TooFewReachable');
  });
});
