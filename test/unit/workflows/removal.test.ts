import { beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { CancelledFailure } from '@temporalio/common';
import type { SiteActivities } from '../../../model/activities.ts';
import type { FogRolloutStatus } from '../../../model/types.ts';
import type { RunContext } from '../../../workflows/run.ts';
import { aLayer, owner } from '../model/builders.ts';

const sleep = jest.fn(async () => undefined);
const removeRelease = jest.fn<SiteActivities['removeRelease']>();
const releaseFinalizer = jest.fn(async () => undefined);

// Its pauses are too long for a test on the real server.
jest.unstable_mockModule('@temporalio/workflow', () => ({
  sleep,
  isCancellation: (error: unknown) => error instanceof CancelledFailure,
  ApplicationFailure: class extends Error {},
  ActivityFailure: class extends Error {},
  TimeoutFailure: class extends Error {},
}));
jest.unstable_mockModule('../../../workflows/activities.ts', () => ({
  removeRelease,
  releaseFinalizer,
  loadLayer: jest.fn(),
  applyRelease: jest.fn(),
  awaitReady: jest.fn(),
}));
jest.unstable_mockModule('../../../workflows/fleet.ts', () => ({
  promoteFleet: jest.fn(),
  catchUp: jest.fn(),
  removeFleet: jest.fn(),
}));

let remove: typeof import('../../../workflows/run.ts').remove;
beforeAll(async () => {
  ({ remove } = await import('../../../workflows/run.ts'));
});
beforeEach(() => {
  jest.resetAllMocks();
});

describe('A removal that is refused again and again', () => {
  it('goes on until it is allowed, and after each pause may go on in a fresh run', async () => {
    for (const attempt of [1, 2]) removeRelease.mockRejectedValueOnce(new Error(`edge: refused, ${attempt}`));
    const { context, messages, checkpoint } = aRun();
    await remove({ owner }, context);
    expect(messages()).toEqual([
      'Removal is tried again every minute: edge: refused, 1',
      'Removal is tried again every minute: edge: refused, 2',
    ]);
    expect(sleep.mock.calls.map(([pause]: unknown[]) => pause)).toEqual(['1m', '1m']);
    expect(checkpoint).toHaveBeenCalledTimes(2);
    expect(removeRelease.mock.calls.map(([{ site }]) => site.name)).toEqual(['edge', 'edge', 'edge', 'fog', 'cloud']);
    expect(releaseFinalizer).toHaveBeenCalledTimes(1);
  });

  it('ends without letting the object go when it is to go on in a fresh run', async () => {
    removeRelease.mockRejectedValueOnce(new Error('edge: refused'));
    removeRelease.mockRejectedValueOnce(new CancelledFailure('Superseded'));
    await expect(remove({ owner }, aRun().context)).rejects.toThrow('Superseded');
    expect(releaseFinalizer).not.toHaveBeenCalled();
  });
});

function aRun() {
  let status: FogRolloutStatus = { observedGeneration: 1, phase: 'Removing', layers: [aLayer('edge')] };
  const seen: (string | undefined)[] = [];
  const record = (change: (status: FogRolloutStatus, now: string) => FogRolloutStatus) => {
    status = change(status, '2026-11-22T10:00:00Z');
    const message = status.layers?.[0]?.message;
    if (message && message !== seen.at(-1)) seen.push(message);
  };
  const checkpoint = jest.fn();
  const context = { reporter: { update: record, amend: record, stop: () => undefined }, checkpoint };
  return { context: context as unknown as RunContext, messages: () => seen, checkpoint };
}
