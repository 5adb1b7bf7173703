/** `kubectl fog`, as people run it: against a real cluster, with their own kubectl. */
import { createInterface } from 'node:readline';
import { beforeAll, expect, it } from '@jest/globals';
import { e2eFile } from '../support/e2e-file.ts';
import { fogIn } from '../support/fog.ts';
import { aRollout, NO_SUCH_IMAGE } from '../support/rollouts.ts';
import { stack } from '../support/stack.ts';

const NAMESPACE = 'e2e-command';
const world = e2eFile().world(stack(), NAMESPACE);
const { run: fog, given: fogGiven, start } = fogIn(stack, NAMESPACE);
beforeAll(() => world.open());

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

it.concurrent('passes a layer over, and does not call that a success', async () => {
  const strategy = { layers: { edge: { before: [{ name: 'shop', approval: {} }] } } };
  await world.apply(aRollout('passed-by-command', { strategy }));
  await world.untilPhase('passed-by-command', 'WaitingForApproval');
  expect(await fog('skip', 'passed-by-command')).toMatchObject({
    code: 1,
    out: 'Refused: It has to say a site, a wave or a layer\n',
  });
  expect(await fog('skip', 'passed-by-command', '--layer', 'edge', '--reason', 'the shops are open')).toEqual({
    code: 0,
    out: 'Accepted: The edge is passed over when its turn comes, with its gates\n',
    err: '',
  });
  const { code, err } = await fog('wait', 'passed-by-command', '--timeout', '120');
  expect([code, err]).toEqual([
    1,
    expect.stringMatching(
      /Succeeded: v1 is ready in cloud, fog; edge was passed over by \S+: the shops are open; Retry, or change spec/,
    ),
  ]);
  expect((await fog('status', 'passed-by-command')).out).toMatch(
    /– edge {2}Skipped {6}– {2}0\/1 ready {2}passed over by \S+: the shops are open\n/,
  );
  expect((await fog('history', 'passed-by-command', '--revision', '1')).out).toMatch(
    /– edge {2}Skipped .* passed over by \S+: the shops are open\n/,
  );
  expect((await fog('restart', 'passed-by-command')).out).toMatch(
    /^Refused: The edge was passed over by \S+: the shops are open, and would be given v1; Retry does that\n$/,
  );
});

it.concurrent('says by its exit code that a rollout failed, or that the time is over', async () => {
  await world.apply(aRollout('unpullable', { image: NO_SUCH_IMAGE, progressDeadlineSeconds: 5 }));
  expect((await fog('wait', 'unpullable', '--timeout', '1')).code).toBe(3);
  const { code, err } = await fog('wait', 'unpullable', '--timeout', '120');
  expect([code, err]).toEqual([1, expect.stringContaining('ImagePullBackOff')]);
});

it.concurrent('shows a layer down to the pod that keeps it, and the same to programs', async () => {
  await world.apply(aRollout('deep', { images: { fog: NO_SUCH_IMAGE }, progressDeadlineSeconds: 5 }));
  expect((await fog('wait', 'deep', '--timeout', '120')).code).toBe(1);
  const { out } = await fog('status', 'deep');
  expect(out).toMatch(/✔ cloud .*\n│ {2}└─ ✔ Deployment cloud\/deep-cloud {2}1\/1 pods available {2}\d+ s\n/);
  expect(out).toMatch(
    /Deployment fog\/deep-fog {2}0\/1 pods available .*\n.*✘ pod deep-fog-\S+ {2}0\/1 ready .*ImagePullBackOff/,
  );
  const tree = JSON.parse((await fog('status', 'deep', '-o', 'json')).out);
  expect(tree).toMatchObject({ name: 'deep', phase: 'Failed', unread: [], layers: [{ layer: 'cloud' }, {}, {}] });
  expect(tree.layers[1].waves[0].sites[0].deployment.pods[0].reason).toBe('ImagePullBackOff');
  expect((await fog('status', 'deep', '-o', 'yaml')).out).toMatch(/^namespace: e2e-command\nname: deep\n/);
});

it.concurrent('shows what it may, and says what it may not', async () => {
  await world.apply(aRollout('guarded', { layers: ['cloud'] }));
  expect((await fog('wait', 'guarded', '--timeout', '120')).code).toBe(0);
  await world.must(['create', 'role', 'looker', '-n', NAMESPACE, '--verb=get', '--resource=fogrollouts.paguos.io']);
  await world.must(['create', 'rolebinding', 'looker', '-n', NAMESPACE, '--role=looker', '--user=louis']);
  const { code, out, err } = await fog('--as', 'louis', 'status', 'guarded');
  expect([code, err]).toEqual([0, '']);
  expect(out.split('\n')).toEqual([
    expect.stringContaining('e2e-command/guarded v1 Succeeded'),
    expect.any(String),
    expect.stringMatching(/^├─ ✔ cloud Ready .* 1\/1 ready/),
    expect.stringMatching(
      /^├─ not shown: deployments in cloud: deployments.apps is forbidden: User "louis" cannot list/,
    ),
    expect.stringMatching(/^└─ not shown: pods in cloud: pods is forbidden: User "louis" cannot list/),
    '',
  ]);
});

it.concurrent('follows a rollout until Ctrl-C', async () => {
  await world.apply(aRollout('looked-at', { layers: ['cloud', 'edge'] }));
  const child = start('status', 'looked-at', '-w');
  const ended = new Promise((resolve) => child.once('close', (...how) => resolve(how)));
  const seen: string[] = [];
  const giveUp = setTimeout(() => child.kill('SIGKILL'), 120_000);
  for await (const line of createInterface({ input: child.stdout! })) {
    seen.push(line);
    if (/looked-at v1 Succeeded/.test(line)) child.kill('SIGINT');
  }
  clearTimeout(giveUp);
  expect(seen[0]).toMatch(/^e2e-command\/looked-at v1 /);
  expect(seen.join('')).not.toContain('\u001b');
  expect({ ended: await ended, last: seen.slice(-8) }).toMatchObject({ ended: [0, null] });
});

it.concurrent('waits for no rollout that is deleted meanwhile', async () => {
  const strategy = { layers: { edge: { before: [{ name: 'shop', approval: {} }] } } };
  await world.apply(aRollout('deleted-meanwhile', { strategy }));
  const child = start('wait', 'deleted-meanwhile', '--timeout', '120');
  const ended = new Promise((resolve) => child.once('close', resolve));
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stderr! })) {
    if (said.push(line) === 1) await world.must(['delete', 'fogrollout', 'deleted-meanwhile', '-n', NAMESPACE]);
  }
  expect([await ended, said.at(-1)]).toEqual([1, 'fogrollouts.paguos.io "deleted-meanwhile" was deleted']);
});

it.concurrent('finds in a manifest what only the API server knows, and does without it where there is none', async () => {
  const manifest = aRollout('linted', { layers: ['cloud'] });
  const [container] = manifest.spec.deployments.cloud!.containers;
  manifest.spec.deployments.cloud!.initContainers = [{ ...container!, ports: [] }];
  const { code, out } = await fogGiven(manifest, 'lint', '-f', '-');
  expect([code, out]).toEqual([
    1,
    expect.stringMatching(
      /^stdin:\d+: error: spec.deployments.cloud.initContainers: .* may not have the same name\n1 object, 1 error, 0 warnings\n$/,
    ),
  ]);
  expect(await fogGiven(manifest, '--context', 'nowhere', 'lint', '-f', '-')).toEqual({
    code: 0,
    out: expect.stringMatching(
      /^stdin:1: note: .* not all checked: error: context "nowhere" does not exist\n1 object, 0 errors/,
    ),
    err: '',
  });
  expect((await fogGiven(aRollout('linted'), 'lint', '-f', '-', '--strict')).code).toBe(1);
});

it.concurrent('says what a manifest would change, and changes nothing', async () => {
  const manifest = aRollout('compared', { layers: ['cloud', 'edge'] });
  expect(await fogGiven(manifest, 'diff', '-f', '-')).toEqual({
    code: 1,
    out: `${NAMESPACE}/compared: new\n├─ cloud: web nginx:v1, 1 replica\n└─ edge: web nginx:v1, 1 replica\n`,
    err: '',
  });
  await world.apply(manifest);
  expect(await fogGiven(manifest, 'diff', '-f', '-')).toEqual({
    code: 0,
    out: `${NAMESPACE}/compared: no change\n`,
    err: expect.any(String),
  });
  manifest.spec.deployments.edge!.containers[0]!.image = 'nginx:v2';
  manifest.spec.strategy = { progressDeadlineSeconds: 60 };
  const changes = [
    `${NAMESPACE}/compared: begins a run of the same version`,
    '├─ cloud: the same',
    '├─ edge: changes',
    '│  └─ ~ containers[web].image: nginx:v1 → nginx:v2',
    '└─ strategy: control, adjusts the run under way',
    '   └─ ~ progressDeadlineSeconds: 600 → 60',
    '',
  ];
  expect(await fogGiven(manifest, 'diff', '-f', '-')).toMatchObject({ code: 1, out: changes.join('\n') });
  manifest.spec.version = '';
  expect(await fogGiven(manifest, 'diff', '-f', '-')).toEqual({
    code: 2,
    out: '',
    err: expect.stringContaining('spec.version'),
  });
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
