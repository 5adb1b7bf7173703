import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ActivateInput, WorkflowInternalsInterceptor } from '@temporalio/workflow';

type Activation = ActivateInput['activation'];

const signal = { signalWorkflow: { signalName: 'change' } };
const localEnd = { resolveActivity: { seq: 1, isLocal: true } };
const end = { resolveActivity: { seq: 1 } };
const question = { queryWorkflow: { queryId: '1' } };

describe('A task that brings the end of a local activity', () => {
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

  it('is taken again when that belongs to the task before, whatever else it brings', () => {
    comes([signal], 10);
    comes([question], 10, true);
    expect(comes([localEnd], 14)).toBe(false);
    comes([signal], 20);
    expect(comes([localEnd, signal], 24)).toBe(false);
  });

  it('is not when the activity was begun in it', () => {
    comes([signal], 10);
    expect(comes([localEnd], 10)).toBe(true);
  });

  it('is not when the history has been replayed until there: it is taken again once', () => {
    comes([signal], 10, true);
    expect(comes([localEnd], 14)).toBe(true);
  });

  it('is taken again when somebody has asked in the task until which it was replayed', () => {
    comes([signal], 10, true);
    comes([question], 14, true);
    expect(comes([localEnd], 18)).toBe(false);
  });

  it('is not in a replay', () => {
    comes([signal], 10, true);
    expect(comes([localEnd], 14, true)).toBe(true);
  });

  it('is not for other ends, and questions are always answered', () => {
    comes([signal], 10);
    expect([comes([question], 14, true), comes([end], 14), comes([question], 20)]).toEqual([true, true, true]);
  });
});
