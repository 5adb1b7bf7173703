/** The line is stopped and goes on: `kubectl fog freeze`, on a FogWindow that is really heeded. */
import { beforeAll, expect, it } from '@jest/globals';
import { e2eFile } from '../support/e2e-file.ts';
import { fogIn } from '../support/fog.ts';
import { aRollout } from '../support/rollouts.ts';
import { stack } from '../support/stack.ts';

const NAMESPACE = 'e2e-freeze';
const world = e2eFile().world(stack(), NAMESPACE);
const { run: fog } = fogIn(stack, NAMESPACE);
beforeAll(() => world.open());

it('stops the line, says why, and lets it go on', async () => {
  expect(await fog('freeze', '--reason', 'incident 7')).toEqual({
    code: 0,
    out: 'Frozen: No rollout of e2e-freeze begins anything: incident 7\n',
    err: '',
  });
  expect(await fog('freeze')).toMatchObject({
    code: 0,
    out: 'Frozen: e2e-freeze/freeze was there already: incident 7\n',
  });
  await world.apply(aRollout('frozen'));
  const { status } = await world.untilRollout(
    `${NAMESPACE}/frozen`,
    'to be held',
    (rollout) => rollout?.status?.phase === 'Paused',
  );
  expect(status?.conditions?.[0]?.message).toContain('incident 7');
  expect(await fog('unfreeze')).toEqual({ code: 0, out: 'Rollouts go on\n', err: '' });
  expect((await fog('wait', 'frozen', '--timeout', '120')).code).toBe(0);
  expect(await fog('unfreeze')).toEqual({ code: 0, out: 'It was not frozen\n', err: '' });
});

it('freezes nothing from a namespace that Fog Rollouts is not in, and says where it is', async () => {
  expect(await fog('freeze', '--all', '--home', NAMESPACE)).toEqual({
    code: 1,
    out: expect.stringMatching(
      /^Refused: Nothing is frozen. Fog Rollouts runs in (\S+), and .*: freeze --all --home \1\n$/,
    ),
    err: '',
  });
  expect((await fog('unfreeze')).out).toBe('It was not frozen\n');
});

it('does not guess where Fog Rollouts is', async () => {
  const { code, err } = await fog('--as', 'mallory', 'freeze', '--all');
  expect([code, err]).toEqual([
    1,
    expect.stringMatching(/^Name the namespace that Fog Rollouts runs in by --home: leases/),
  ]);
});
