import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ActivateInput } from '@temporalio/workflow';
import { LongHistory } from '../../../workflows/long-history.ts';
import { followTasks } from '../../../workflows/tasks.ts';

type Activation = ActivateInput['activation'];

/** What comes to the workflow, and what Temporal says of the history beside it. */
function comes(jobs: Activation['jobs'], historyLength: number, continueAsNewSuggested = false): void {
  followTasks.activate!({ activation: { jobs, historyLength, continueAsNewSuggested }, batchIndex: 0 }, () => {});
}

const signal = { signalWorkflow: { signalName: 'change' } };
const localEnd = { resolveActivity: { seq: 1, isLocal: true } };
const remoteEnd = { resolveActivity: { seq: 1 } };

describe('A history that has become long', () => {
  let told: string[];
  let history: LongHistory;
  beforeEach(() => {
    told = [];
    history = new LongHistory({ drain: () => told.push('drain'), interrupt: () => told.push('interrupt') });
    comes([signal], 10);
  });

  it('is told of once, when Temporal suggests to go on in another', () => {
    expect(history.hasNews).toBe(false);
    comes([signal], 11, true);
    expect(history.hasNews).toBe(true);
    history.tell();
    history.tell();
    expect([told, history.hasNews]).toEqual([['drain'], false]);
  });

  it('interrupts what does not come to its end', () => {
    comes([signal], 20_001, true);
    history.tell();
    expect(told).toEqual(['drain', 'interrupt']);
  });

  it.each([
    ['the end of a local activity, which is replayed in the task before', [localEnd]],
    ['nothing', []],
  ])('is not heard of with %s', (_, jobs) => {
    comes(jobs, 20_001, true);
    history.tell();
    expect([told, history.hasNews]).toEqual([[], false]);
  });

  it.each([
    ['the end of an activity', [remoteEnd]],
    ['a timer', [{ fireTimer: { seq: 1 } }]],
    ['a cancellation', [{ cancelWorkflow: {} }]],
    ['its start', [{ initializeWorkflow: {} }]],
    ['a message, beside the end of a local activity', [localEnd, signal]],
  ])('is heard of with %s', (_, jobs) => {
    comes(jobs, 11, true);
    history.tell();
    expect(told).toEqual(['drain']);
  });
});
