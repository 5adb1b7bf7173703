import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ActivateInput, ConcludeActivationInput, WorkflowInternalsInterceptor } from '@temporalio/workflow';

type Activation = ActivateInput['activation'];
type Commands = ConcludeActivationInput['commands'];

const signal = { signalWorkflow: { signalName: 'change' } };
const localEnd = { resolveActivity: { seq: 1, isLocal: true } };
const end = { resolveActivity: { seq: 1 } };
const question = { queryWorkflow: { queryId: '1' } };

const localCall = { scheduleLocalActivity: { seq: 1 } };
const call = { scheduleActivity: { seq: 1 } };
const timer = { startTimer: { seq: 1 } };
const answer = (queryId = '1') => ({ respondToQuery: { queryId } });

let interceptor: WorkflowInternalsInterceptor;
beforeEach(async () => {
  jest.resetModules(); // as each run has its own
  interceptor = (await import('../../../workflows/tasks.ts')).asReplayed;
});

/** @returns whether the run has heard of it */
function comes(jobs: Activation['jobs'], historyLength: number, isReplaying = false): boolean {
  const next = jest.fn();
  try {
    interceptor.activate!({ activation: { jobs, historyLength, isReplaying }, batchIndex: 0 }, next);
  } catch {
    expect(next).not.toHaveBeenCalled();
    return false;
  }
  return next.mock.calls.length === 1;
}

/** @returns what goes out of what the run has done */
function does(...commands: Commands): Commands {
  return interceptor.concludeActivation!({ commands }, (input) => input).commands;
}

/** It is at work with a local activity since then. */
function calls(historyLength: number, isReplaying = false): void {
  comes([signal], historyLength, isReplaying);
  does(localCall);
}

describe('An answer', () => {
  it('goes out at once while no local activity is under way', () => {
    comes([signal], 10);
    does(call);
    comes([question], 10, true);
    expect(does(answer())).toEqual([answer()]);
  });

  it('does not while one is, and never beside what comes of its end: Temporal asks again', () => {
    calls(10);
    comes([question], 10, true);
    expect(does(answer('1'))).toEqual([]);
    comes([localEnd], 10);
    expect(does(localCall, timer)).toEqual([localCall, timer]);
    comes([question], 10, true);
    expect(does(answer('2'))).toEqual([]);
    comes([localEnd], 10);
    expect(does(timer)).toEqual([timer]);
    comes([question], 10, true);
    expect(does(answer('1'))).toEqual([answer('1')]);
  });

  it('does not before the last of several has ended', () => {
    comes([signal], 10);
    expect(does(localCall, localCall, answer())).toEqual([localCall, localCall]);
    comes([localEnd], 10);
    expect(does(answer())).toEqual([]);
    comes([localEnd], 10);
    expect(does(answer())).toEqual([answer()]);
  });

  it('to a question that came beside the tasks does in any case', () => {
    calls(10);
    expect(does(answer('legacy_query'))).toEqual([answer('legacy_query')]);
  });
});

describe('A task that finds a local activity under way', () => {
  it('is taken again, whatever it brings', () => {
    calls(10);
    expect(comes([localEnd], 14)).toBe(false);
    calls(20);
    expect(comes([signal], 24)).toBe(false);
  });

  it('is not when that was called in it', () => {
    calls(10);
    expect(comes([localEnd], 10)).toBe(true);
  });

  it('is not when it has ended before', () => {
    calls(10);
    comes([localEnd], 10);
    expect(comes([signal], 14)).toBe(true);
  });

  it('is not when the history has been replayed until there: it is taken again once', () => {
    calls(10, true);
    expect(comes([localEnd], 14)).toBe(true);
  });

  it('is not in a replay', () => {
    calls(10, true);
    expect(comes([localEnd], 14, true)).toBe(true);
  });

  it('is all the same when somebody asks in it', () => {
    calls(10);
    expect(comes([question], 14, true)).toBe(true);
    expect(comes([localEnd], 14)).toBe(false);
  });

  it('is not for other activities', () => {
    comes([signal], 10);
    does(call);
    expect(comes([end], 14)).toBe(true);
  });
});
