/** `kubectl fog`, as people run it: against a real cluster, with their own kubectl. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, expect, it } from '@jest/globals';
import { ROOT } from '../../dev/home.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { aRollout, NO_SUCH_IMAGE } from '../support/rollouts.ts';
import { stack } from '../support/stack.ts';

const NAMESPACE = 'e2e-command';
const world = e2eFile().world(stack(), NAMESPACE);
beforeAll(() => world.open());

interface Ended {
  code: number;
  out: string;
  err: string;
}

function fog(...args: string[]): Promise<Ended> {
  const { dir, kubeconfig, tools } = stack();
  const command = [join(ROOT, 'cli/kubectl-fog.ts'), '-n', NAMESPACE, '--kubeconfig', kubeconfig, ...args];
  const env = { PATH: process.env.PATH, HOME: dir, KUBECTL: tools.kubectl }; // kubectl keeps a cache at home
  return new Promise((resolve) => {
    execFile(process.execPath, command, { env }, (error, out, err) => {
      resolve({ code: error ? Number(error.code) : 0, out, err });
    });
  });
}

it.concurrent('shows what a rollout waits for, decides it, and waits for the end', async () => {
  const gates = [{ name: 'shop', approval: { reason: 'shop floor' } }];
  await world.apply(aRollout('waiting', { strategy: { layers: { edge: { before: gates } } } }));
  await world.untilRollout(
    `${NAMESPACE}/waiting`,
    'to wait',
    (rollout) => rollout?.status?.phase === 'WaitingForApproval',
  );
  const { code, out } = await fog('status', 'waiting');
  expect([code, out]).toEqual([
    0,
    expect.stringMatching(/… gate shop before the edge: waits for an approval \(shop floor\)/),
  ]);
  expect(out).not.toContain('\u001b');
  const ended = fog('wait', 'waiting', '--timeout', '120');
  expect(await fog('approve', 'waiting', '--layer', 'edge', '--reason', 'it is late')).toEqual({
    code: 0,
    out: expect.stringMatching(/^Accepted: The gate shop before the edge is open: approved by \S+\n$/),
    err: '',
  });
  expect(await ended).toEqual({
    code: 0,
    out: '',
    err: expect.stringContaining('Succeeded: v1 is ready in cloud, fog, edge'),
  });
  expect(await fog('approve', 'waiting')).toEqual({
    code: 1,
    out: 'Refused: No run is under way: v1 has succeeded\n',
    err: '',
  });
});

it.concurrent('says by its exit code that a rollout failed, or that the time is over', async () => {
  await world.apply(aRollout('unpullable', { image: NO_SUCH_IMAGE, progressDeadlineSeconds: 5 }));
  expect((await fog('wait', 'unpullable', '--timeout', '1')).code).toBe(3);
  const { code, err } = await fog('wait', 'unpullable', '--timeout', '120');
  expect([code, err]).toEqual([1, expect.stringContaining('ImagePullBackOff')]);
});

it.concurrent('hands on what kubectl says of what is not there, or not allowed', async () => {
  expect(await fog('status', 'nowhere')).toEqual({
    code: 1,
    out: '',
    err: 'Error from server (NotFound): fogrollouts.paguos.io "nowhere" not found\n',
  });
  const { code, err } = await fog('--as', 'mallory', 'pause', 'nowhere');
  expect([code, err]).toEqual([1, expect.stringContaining('User "mallory" cannot create resource "fogactions"')]);
});

it.concurrent.each([
  [['dance'], "unknown command 'dance'"],
  [['approve', 'web', '--layer', 'sky'], 'Allowed choices are cloud, fog, edge'],
  [['approve', 'web', '--revision', 'x'], 'It has to be a generation, from 1 on'],
  [['wait', 'web', '--timeout', 'soon'], 'It has to be a number of seconds'],
])('refuses %j with what is wrong', async (args, words) => {
  expect(await fog(...args)).toEqual({ code: 2, out: '', err: expect.stringContaining(words) });
});
