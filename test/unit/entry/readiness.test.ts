import { describe, expect, it } from '@jest/globals';
import { PartsReadiness } from '../../../entry/readiness.ts';

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
  });
});
