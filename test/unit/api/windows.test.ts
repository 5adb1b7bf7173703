import { afterEach, describe, expect, it } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import type { ApiDeps } from '../../../api/deps.ts';
import type { FogWindow, WindowPeriod } from '../../../model/types.ts';
import { aRollout, createApp, createRollouts, createWindows, expectDocumented } from './fixtures.ts';

const ROUTE = '/rollouts/{name}/windows';

const apps: FastifyInstance[] = [];
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

async function asking(overrides: Partial<ApiDeps> = {}) {
  const rollouts = createRollouts(aRollout('web', { namespace: 'shop' }));
  const app = await createApp({ rollouts, windows: createWindows({ about: () => [OFFICE] }), ...overrides });
  apps.push(app);
  return async (query: string, name = 'web') => {
    const response = await app.inject(`/rollouts/${name}/windows?namespace=shop${query}`);
    await expectDocumented(app, ROUTE, response);
    return response;
  };
}

const BERLIN = { duration: 'PT9H', timeZone: 'Europe/Berlin' };
const weekly: WindowPeriod = { ...BERLIN, rrule: 'FREQ=WEEKLY;BYDAY=MO,FR', start: '2026-01-05T08:00' };
const OFFICE: FogWindow = {
  apiVersion: 'paguos.io/v1alpha1',
  kind: 'FogWindow',
  metadata: {
    ...{ name: 'office', namespace: 'shop', uid: 'uid-of-office', resourceVersion: '7', generation: 1 },
    creationTimestamp: '2026-11-01T00:00:00Z',
  },
  spec: { allow: [weekly], reason: 'somebody is there to look' },
};

describe('GET /rollouts/{name}/windows', () => {
  it('shows this week, a day more at each end, and what holds now', async () => {
    const ask = await asking();
    const response = await ask(''); // it is Sunday, 2026-11-22, 12:00
    expect([response.statusCode, response.headers['cache-control']]).toEqual([200, 'no-store']);
    const { from, until, windows, together } = response.json();
    expect([from, until]).toEqual(['2026-11-15T00:00:00Z', '2026-11-24T00:00:00Z']);
    expect(windows).toMatchObject([{ name: 'office', holds: true, open: false, until: '2026-11-23T07:00:00Z' }]);
    expect(together).toEqual({ open: false, until: '2026-11-23T07:00:00Z', closed: windows[0].closed });
    expect(windows[0].closed.at(-1)).toEqual({ from: '2026-11-23T16:00:00Z', until: '2026-11-24T00:00:00Z' });
  });

  it.each(['2026-12-07', '2026-12-10', '2026-12-13'])('shows the week of any of its days: %s', async (day) => {
    const ask = await asking();
    const { from, until, windows } = (await ask(`&week=${day}`)).json();
    expect([from, until]).toEqual(['2026-12-06T00:00:00Z', '2026-12-15T00:00:00Z']);
    expect(windows[0].closed[0]).toEqual({ from: '2026-12-06T00:00:00Z', until: '2026-12-07T07:00:00Z' });
  });

  it.each(['soon', '2026-13-01', '2026-02-30', '2020-01-01', '2099-01-01'])('refuses %s, and says why', async (day) => {
    const ask = await asking();
    const response = await ask(`&week=${day}`);
    expect(response.statusCode).toBe(400);
    expect(response.json().detail).toBe(
      'Query parameter "week" must be a day such as 2026-11-23, at most 400 days from today',
    );
  });

  it('names what is not there, and what is not read yet', async () => {
    const ask = await asking();
    expect((await ask('', 'nowhere')).json().detail).toBe('FogRollout shop/nowhere was not found');
    const unread = await asking({ windows: createWindows({ hasSynced: false }) });
    expect((await unread('')).json()).toMatchObject({
      status: 503,
      detail: 'The list of FogWindows is not read from Kubernetes yet',
    });
  });
});

describe('GET /page.json', () => {
  const access = { whoHas: async () => undefined, mayAct: async () => false, mayRead: async () => false };
  const temporalUi = { url: 'http://localhost:8233', namespace: 'default' };
  it.each<[string, Partial<ApiDeps>, object]>([
    ['nothing is turned on', {}, { actions: false, reads: 'open' }],
    [
      'people act and read with tokens, and where the UI of Temporal is',
      {
        temporalUi,
        actions: { access, settle: async () => undefined },
        reads: { whoHas: async () => undefined, may: async () => false },
      },
      { actions: true, reads: 'kubernetes', temporalUi },
    ],
  ])('says that %s', async (_, deps, expected) => {
    const app = await createApp(deps);
    apps.push(app);
    const response = await app.inject('/page.json');
    await expectDocumented(app, '/page.json', response);
    expect([response.statusCode, response.json()]).toEqual([200, expected]);
  });
});

it('Windows that take long to work out hold up nobody else', async () => {
  const rrule = `FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR=${Array.from({ length: 12 }, (_, at) => at * 2)};BYMINUTE=0,30`;
  const slow = { rrule, start: '1990-01-05T08:00', duration: 'PT9M', timeZone: 'Europe/Berlin' };
  const windows = ['a', 'b'].map((name) => {
    const metadata = { ...OFFICE.metadata, name, uid: `uid-of-${name}` };
    return { ...OFFICE, metadata, spec: { allow: Array(4).fill(slow), deny: Array(4).fill(slow) } };
  });
  const ask = await asking({ windows: createWindows({ about: () => windows }) });
  const order: string[] = [];
  const both = Promise.all([ask(''), ask('')]).then((answers) => {
    order.push('windows');
    return answers;
  });
  await apps[0]!.inject('/healthz').then(() => order.push('health'));
  const [first, second] = await both;
  expect(order).toEqual(['health', 'windows']);
  expect([first.statusCode, second.json()]).toEqual([200, first.json()]);
});
