import { describe, expect, it } from '@jest/globals';
import { CUT_OFF_MS, PartsReadiness, watchesOf } from '../../../entry/readiness.ts';
import { Contact } from '../../../kube/contact.ts';
import { FakeClock } from '../kube/fakeclock.ts';

describe('The readiness of a process', () => {
  it('is that of its parts: those that say what they wait for, and those that are asked', () => {
    const readiness = new PartsReadiness();
    expect(readiness.ready()).toEqual({ ok: true, checks: {} });

    let synced = false;
    readiness.ask('kubernetes', () => (synced ? undefined : 'waiting for the first list'));
    readiness.waitFor('temporal', 'connecting');
    expect(readiness.ready()).toEqual({
      ok: false,
      checks: { kubernetes: 'waiting for the first list', temporal: 'connecting' },
    });

    readiness.waitFor('temporal', undefined);
    expect(readiness.ready()).toMatchObject({ ok: false, checks: { temporal: 'ok' } });
    synced = true;
    expect(readiness.ready()).toEqual({ ok: true, checks: { kubernetes: 'ok', temporal: 'ok' } });

    readiness.waitFor('temporal', { degraded: 'away' });
    expect(readiness.ready()).toEqual({ ok: true, checks: { kubernetes: 'ok', temporal: 'away' } });
  });
});

describe('The readiness of what is watched', () => {
  const aWatch = (type: string, clock: FakeClock) => ({ type, hasSynced: true, contact: new Contact(clock) });

  it.each([
    ['is gone while a process only works', false],
    ['is degraded while a process answers reads, which say how old they are', true],
  ])('%s, two minutes after a watch was cut off', async (_name, answersReads) => {
    const clock = new FakeClock();
    const [deployments, rollouts] = [aWatch('deployments.apps', clock), aWatch('fogrollouts.paguos.io', clock)];
    const readiness = new PartsReadiness();
    readiness.ask(
      'kubernetes',
      watchesOf(() => [deployments, rollouts], { answersReads }),
    );
    const ready = (kubernetes: string, ok = true) => expect(readiness.ready()).toEqual({ ok, checks: { kubernetes } });

    rollouts.hasSynced = false;
    ready('waiting for the first list', false);
    rollouts.hasSynced = true;
    deployments.contact.opened();
    rollouts.contact.opened();
    await clock.advance(2 * CUT_OFF_MS);
    ready('ok'); // open, and nothing to say

    rollouts.contact.heard();
    rollouts.contact.closed({ wasGood: true });
    await clock.advance(CUT_OFF_MS - 1);
    ready('ok');
    await clock.advance(1);
    ready('cut off from the API server for 120 s, the watch of fogrollouts.paguos.io', answersReads);
    deployments.contact.closed({ wasGood: true });
    ready('cut off from the API server for 360 s, the watch of deployments.apps, fogrollouts.paguos.io', answersReads);

    deployments.contact.heard();
    rollouts.contact.opened();
    ready('ok');
  });
});
