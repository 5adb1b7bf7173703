/** Who last changed the spec of a FogRollout: recorded by the API server itself, and no approval of theirs where a gate says so. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { ROOT } from '../../dev/home.ts';
import { ANNOTATIONS, FINALIZER } from '../../model/names.ts';
import type { ApprovalGate, FogActionSpec, FogRollout } from '../../model/types.ts';
import * as support from '../support/asking.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { eventually } from '../support/eventually.ts';
import { aRollout } from '../support/rollouts.ts';
import { stack } from '../support/stack.ts';

const NAMESPACE = 'e2e-authors';
const world = e2eFile().world(stack(), NAMESPACE);
const KEY = ANNOTATIONS.changedBy;
/** The same in a path of a JSON patch. */
const PATH = `/metadata/annotations/${KEY.replace('/', '~1')}`;

/** May change FogRollouts of the namespace, and act on them. */
const PEOPLE = ['alice', 'bob', 'carol'];

beforeAll(async () => {
  await world.open();
  const rights = [
    '--verb=create,get,list,update,patch',
    '--resource=fogrollouts.paguos.io,fogactions.paguos.io,fogwindows.paguos.io',
  ];
  await world.must(['create', 'role', 'people', '-n', NAMESPACE, ...rights]);
  const users = PEOPLE.map((name) => `--user=${name}`);
  await world.must(['create', 'rolebinding', 'people', '-n', NAMESPACE, '--role=people', ...users]);
  expect(await does('alice', ['create', '-f', '-'], authored())).toMatchObject({ ok: true });
  // The product has written its finalizer.
  const { metadata } = await world.untilPhase(NAME, 'Paused');
  expect(metadata.finalizers).toEqual([FINALIZER]);
});

/** What one does by kubectl. */
const does = (by: string, args: string[], input?: unknown) =>
  world.kubectl([...args, '-n', NAMESPACE, '--as', by], input);

const authorOf = ({ metadata }: FogRollout) => metadata.annotations?.[KEY];

const NAME = 'authored';
/** One that is paused, so that nothing comes of it. */
function authored({ version = 'v1', annotations }: { version?: string; annotations?: object } = {}) {
  const manifest = aRollout(NAME, { version, layers: ['cloud'], strategy: { paused: true } });
  return { ...manifest, metadata: { ...manifest.metadata, ...(annotations && { annotations }) } };
}

type Done = [args: string[], input?: unknown];
const patch = (type: 'merge' | 'json', body: unknown): Done => [
  ['patch', 'fgr', NAME, `--type=${type}`, '-p', JSON.stringify(body)],
];
const onFile = (command: string[], what?: Parameters<typeof authored>[0]): Done => [
  [...command, '-f', '-'],
  authored(what),
];
const SERVER_SIDE = ['apply', '--server-side', '--force-conflicts'];
const OTHER = { spec: { version: 'v2' } };

/** What would come of what bob does, by the API server's dry run: `refused: why`, or who would be the author. */
async function wouldBe([args, input]: Done): Promise<string | undefined> {
  const { ok, output } = await does('bob', [...args, '--dry-run=server', '-o', 'json'], input);
  return ok ? authorOf(JSON.parse(output.slice(output.indexOf('{')))) : `refused: ${output}`;
}

describe('Who last changed spec', () => {
  it.concurrent.each<[string, Done]>([
    ['a merge patch', patch('merge', OTHER)],
    ['a JSON patch', patch('json', [{ op: 'replace', path: '/spec/version', value: 'v2' }])],
    ['kubectl apply', onFile(['apply'], { version: 'v2' })],
    ['kubectl apply --server-side', onFile(SERVER_SIDE, { version: 'v2' })],
    ['kubectl replace', onFile(['replace'], { version: 'v2' })],
    ['a patch that takes all annotations away', patch('merge', { ...OTHER, metadata: { annotations: null } })],
    ['a replace that says so itself', onFile(['replace'], { version: 'v2', annotations: { [KEY]: 'bob' } })],
  ])('is recorded of %s', async (_, done) => {
    expect(await wouldBe(done)).toBe('bob');
  });

  it.concurrent.each<[string, Done]>([
    ['who changes labels', [['label', 'fgr', NAME, 'a=b']]],
    ['who changes other annotations', [['annotate', 'fgr', NAME, 'a.example/b=c']]],
    ['who changes finalizers', patch('merge', { metadata: { finalizers: null } })],
    ['who applies the same', onFile(['apply'])],
    ['who applies the same by the server', onFile(SERVER_SIDE)],
    ['who leaves it out of a replace', onFile(['replace'])],
    ['who takes it away', [['annotate', 'fgr', NAME, `${KEY}-`]]],
    ['who takes all annotations away', patch('merge', { metadata: { annotations: null } })],
    ['who takes it away by a JSON patch', patch('json', [{ op: 'remove', path: PATH }])],
  ])('is not %s', async (_, done) => {
    expect(await wouldBe(done)).toBe('alice');
  });

  const forged = { annotations: { [KEY]: 'carol' } };
  const kept = `the annotation ${KEY} changes with spec only, and is alice; leave it as it is`;
  const other = `the annotation ${KEY} has to be who changes spec: bob; leave it out`;
  const annotate = (who: string): Done => [['annotate', 'fgr', NAME, `${KEY}=${who}`, '--overwrite']];

  it.concurrent.each<[string, Done, string]>([
    ['with a change of spec', patch('merge', { ...OTHER, metadata: forged }), other],
    ['by a replace of spec', onFile(['replace'], { version: 'v2', ...forged }), other],
    ['by an apply of spec', onFile(SERVER_SIDE, { version: 'v2', ...forged }), other],
    ['where spec stays', annotate('carol'), kept],
    ['as oneself where spec stays', annotate('bob'), kept],
    ['by a JSON patch', patch('json', [{ op: 'replace', path: PATH, value: 'bob' }]), kept],
  ])('cannot be forged %s', async (_, done, why) => {
    expect(await wouldBe(done)).toContain(`denied request: ${why}`);
  });

  it.concurrent('cannot be forged from the beginning', async () => {
    const manifest = { ...authored(forged), metadata: { name: 'authored-at-once', ...forged } };
    expect(await wouldBe([['create', '-f', '-'], manifest])).toContain(other);
  });

  it.concurrent('does not change with the status', async () => {
    const body = JSON.stringify({ metadata: { annotations: { [KEY]: 'bob' } } });
    const args = ['patch', 'fgr', NAME, '-n', NAMESPACE, '--subresource=status', '--type=merge', '-p', body];
    expect(authorOf(JSON.parse(await world.must([...args, '--dry-run=server', '-o', 'json'])))).toBe('alice');
  });
});

/** As on a cluster before Kubernetes 1.36: the second policy alone, on FogWindows of the namespace. */
describe('Where the API server writes no name', () => {
  const puts = (command: string, reason: string, changedBy?: string) =>
    does('bob', [command, '-f', '-'], {
      apiVersion: 'paguos.io/v1alpha1',
      kind: 'FogWindow',
      metadata: { name: 'authored', ...(changedBy !== undefined && { annotations: { [KEY]: changedBy } }) },
      spec: { deny: [{}], reason, rollouts: { names: ['nobody'] } },
    });

  it('people write their own, and no other', async () => {
    const name = 'e2e-authors.paguos.io';
    const documents = parseAllDocuments(readFileSync(join(ROOT, 'policies/fogrollouts-changed-by.yaml'), 'utf8'));
    const [policy, binding] = documents.map((one) => one.toJS()).filter(({ kind }) => kind.startsWith('Validating'));
    policy.metadata.name = binding.metadata.name = binding.spec.policyName = name;
    policy.spec.matchConstraints.resourceRules[0].resources = ['fogwindows'];
    binding.spec.matchResources = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': NAMESPACE } } };
    for (const object of [policy, binding]) await world.must(['create', '-f', '-'], object);
    const refused = (why: string) => ({ ok: false, output: expect.stringContaining(why) });
    await eventually('the policy to be in force', async () => {
      const { ok, output } = await puts('create', 'a', 'alice');
      if (ok) await world.must(['delete', 'fogwindow', 'authored', '-n', NAMESPACE]);
      return !ok || { not: output };
    });
    expect(await puts('create', 'a', 'alice')).toEqual(refused('has to be who changes spec: bob'));
    expect(await puts('create', 'a')).toMatchObject({ ok: true });
    expect(await puts('replace', 'a', 'bob')).toEqual(refused('changes with spec only; leave it as it is'));
    expect(await puts('replace', 'b', 'alice')).toEqual(refused('has to be who changes spec: bob'));
    expect(await puts('replace', 'b', 'bob')).toMatchObject({ ok: true });
    expect(await puts('replace', 'b')).toEqual(refused('changes with spec only, and is bob'));
    expect(await puts('replace', 'a')).toMatchObject({ ok: true });
    for (const kind of ['validatingadmissionpolicybinding', 'validatingadmissionpolicy'])
      await world.must(['delete', kind, name]);
  });
});

describe('An approval that is not to be the author’s', () => {
  const asked = (by: string, spec: FogActionSpec) => support.asked(world, spec, by);
  const gated = (name: string, approval: ApprovalGate) =>
    aRollout(name, { strategy: { layers: { edge: { before: [{ name: 'shop', approval }] } } } });
  const own = (who: string) =>
    `The gate shop before the edge: ${who} last changed spec, and an approval has to come from somebody else (notAuthor)`;

  it.concurrent('is refused to the author in words, and opens the gate of another', async () => {
    const manifest = gated('not-by-author', { notAuthor: true });
    expect(await does('alice', ['create', '-f', '-'], manifest)).toMatchObject({ ok: true });
    const waiting = await world.untilPhase('not-by-author', 'WaitingForApproval');
    expect(waiting.status?.gates?.[0]?.message).toBe('waits for an approval, not by alice, who last changed spec');
    const approve: FogActionSpec = { rollout: 'not-by-author', action: 'Approve' };
    expect((await asked('alice', approve)).status).toMatchObject({ state: 'Refused', message: own('alice') });
    expect((await asked('bob', approve)).status?.state).toBe('Accepted');
    const { status } = await world.succeeded(waiting);
    expect(status?.gates).toMatchObject([{ state: 'Open', message: 'approved by bob' }]);
  });

  it.concurrent('counts no more when who gave it changes the strategy', async () => {
    const strategy = (reason: string) => gated('not-by-next', { required: 2, reason, notAuthor: true });
    await does('alice', ['create', '-f', '-'], strategy('shop floor'));
    const waiting = await world.untilPhase('not-by-next', 'WaitingForApproval');
    const approve: FogActionSpec = { rollout: 'not-by-next', action: 'Approve' };
    expect((await asked('bob', approve)).status?.state).toBe('Accepted');
    expect(await does('bob', ['replace', '-f', '-'], strategy('tills'))).toMatchObject({ ok: true });
    const adjusted = await world.untilPhase(
      'not-by-next',
      'WaitingForApproval',
      ({ status }) => status?.gates?.[0]?.message.includes('(tills)') ?? false,
    );
    expect([adjusted.status?.gates?.[0], adjusted.status?.run?.runId]).toEqual([
      expect.objectContaining({
        message: 'waits for approvals of 2 different people (tills), not by bob, who last changed spec',
      }),
      waiting.status?.run?.runId,
    ]);
    expect((await asked('bob', approve)).status).toMatchObject({ state: 'Refused', message: own('bob') });
    for (const by of ['alice', 'carol']) expect((await asked(by, approve)).status?.state).toBe('Accepted');
    const { status } = await world.succeeded(adjusted);
    expect(status?.gates).toMatchObject([{ state: 'Open', message: 'approved by alice, carol' }]);
  });
});

/** As on a cluster to which the policies are applied only after Fog Rollouts has been in use for a while. */
describe('Where the policies come late', () => {
  const LATE = 'e2e-authors-late';
  const EXEMPT = 'e2e.example.com/no-policies';
  const BINDING = 'fogrollouts-changed-by.paguos.io';
  const binding = (matchResources: object | null) =>
    Promise.all(
      ['mutating', 'validating'].map((kind) => {
        const body = JSON.stringify({ spec: { matchResources } });
        return world.must(['patch', `${kind}admissionpolicybinding`, BINDING, '--type=merge', '-p', body]);
      }),
    );
  const late = (reason: string) =>
    aRollout('late', {
      layers: ['cloud'],
      strategy: { layers: { cloud: { before: [{ name: 'shop', approval: { notAuthor: true, reason } }] } } },
    });
  const does = (by: string, args: string[], input: unknown) =>
    world.kubectl([...args, '-n', LATE, '--as', by, '--as-group', 'system:masters'], input);

  it('an open approval counts for nobody until spec is changed under them, and then for others', async () => {
    const matchExpressions = [{ key: EXEMPT, operator: 'DoesNotExist' }];
    await binding({ namespaceSelector: { matchExpressions } });
    try {
      await world.createNamespace(LATE);
      await world.must(['label', 'namespace', LATE, `${EXEMPT}=`]);
      await eventually('the namespace to be exempt', async () => {
        const { output } = await does('alice', ['create', '--dry-run=server', '-o', 'json', '-f', '-'], late('a'));
        return authorOf(JSON.parse(output)) === undefined ? true : { not: output };
      });
      expect(await does('alice', ['create', '-f', '-'], late('a'))).toMatchObject({ ok: true });
      const waits = (words: string) =>
        world.untilRollout(`${LATE}/late`, `to say ${words}`, (rollout) =>
          Boolean(rollout?.status?.gates?.[0]?.message.includes(words)),
        );
      await waits('nobody is recorded as who last changed spec');
      const ask = async (by: string) => {
        const name = `by-${by}-${Math.random().toString(36).slice(2)}`;
        const manifest = {
          ...{ apiVersion: 'paguos.io/v1alpha1', kind: 'FogAction', metadata: { name, namespace: LATE } },
          spec: { rollout: 'late', action: 'Approve' },
        };
        expect(await does(by, ['create', '-f', '-'], manifest)).toMatchObject({ ok: true });
        await world.must(['wait', `fogaction/${name}`, '-n', LATE, '--for=jsonpath={.status.state}', '--timeout=60s']);
        return JSON.parse(await world.must(['get', 'fogaction', name, '-n', LATE, '-o', 'json'])).status;
      };
      expect(await ask('bob')).toMatchObject({
        state: 'Refused',
        message: expect.stringContaining('apply the admission policies of Fog Rollouts and change spec again'),
      });

      await world.must(['label', 'namespace', LATE, `${EXEMPT}-`]);
      await eventually('the policies to be in force', async () => {
        const args = ['apply', '--dry-run=server', '--server-side', '--force-conflicts', '-o', 'json', '-f', '-'];
        const { output } = await does('carol', args, late('b'));
        return authorOf(JSON.parse(output)) === 'carol' ? true : { not: output };
      });
      expect((await ask('bob')).state).toBe('Refused');
      const args = ['apply', '--server-side', '--force-conflicts', '-f', '-'];
      expect(await does('carol', args, late('b'))).toMatchObject({ ok: true });
      await waits('not by carol, who last changed spec');
      expect((await ask('carol')).state).toBe('Refused');
      expect((await ask('bob')).state).toBe('Accepted');
      await world.untilRollout(`${LATE}/late`, 'to succeed', (rollout) => rollout?.status?.phase === 'Succeeded');
    } finally {
      await binding(null);
    }
    await world.must(['delete', 'fgr', 'late', '-n', LATE, '--timeout=60s']);
    await world.must(['delete', 'namespace', LATE, '--timeout=60s']);
  });
});
