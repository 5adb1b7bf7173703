import { describe, expect, it } from '@jest/globals';
import {
  type ManagedEntry,
  mustHandOver,
  orphaned,
  REPLICAS,
  upgraded,
  withPodsOfOthers,
  withSpecOfOthers,
} from '../../../model/field-ownership.ts';

const fieldsV1 = { 'f:spec': { 'f:replicas': {} } };
const by = (manager: string, operation = 'Apply', more: Partial<ManagedEntry> = {}): ManagedEntry => ({
  ...{ manager, operation, fieldsV1 },
  ...more,
});
const live = (...managedFields: ManagedEntry[]) => ({ metadata: { managedFields }, spec: { replicas: 4 } });
const OURS = by('fog-rollouts');

describe('A field that a revision says no longer', () => {
  it.each<[string, ReturnType<typeof live>, object, boolean]>([
    ['is handed over when we alone have it', live(OURS), {}, true],
    ['is handed over when we created it', live(by('fog-rollouts', 'Update')), {}, true],
    [
      'is handed over when others have something else',
      live(OURS, by('annotator', 'Update', { fieldsV1: { 'f:metadata': { 'f:annotations': {} } } })),
      {},
      true,
    ],
    [
      'is handed over when others have other fields of its spec, or say nothing of any',
      live(OURS, by('kubectl', 'Update', { fieldsV1: { 'f:spec': { 'f:paused': {} } } }), { manager: 'x' }),
      {},
      true,
    ],
    ['is not when the revision says it', live(OURS), { spec: { replicas: 4 } }, false],
    [
      'is not when an autoscaler has it',
      live(by('kube-controller-manager', 'Update', { subresource: 'scale' })),
      {},
      false,
    ],
    ['is not when somebody else has it too', live(OURS, by('kubectl')), {}, false],
    ['is not again', live(OURS, by('fog-rollouts-handover')), {}, false],
    ['is not when nobody has it', live(), {}, false],
    ['is not when it is as it would be without us', { ...live(OURS), spec: { replicas: 1 } }, {}, false],
    ['is not when it is not there', { metadata: { managedFields: [OURS] } } as never, {}, false],
  ])('%s', (_, object, rendered, expected) => {
    expect(mustHandOver(object, rendered, REPLICAS)).toBe(expected);
  });
});

describe('What was created', () => {
  it.each<[string, ManagedEntry[], ManagedEntry[] | undefined]>([
    ['counts as applied', [by('fog-rollouts', 'Update'), by('x', 'Update')], [OURS, by('x', 'Update')]],
    ['counts no more once there is an apply', [by('fog-rollouts', 'Update'), OURS], [OURS]],
    ['is left as it is by others', [by('x', 'Update')], undefined],
    ['is left as it is in a subresource', [by('fog-rollouts', 'Update', { subresource: 'status' })], undefined],
  ])('%s', (_, entries, expected) => {
    expect(upgraded(entries, 'fog-rollouts')).toEqual(expected);
  });
});

it('What we let go is nobody of ours any more', () => {
  expect(orphaned([OURS, by('fog-rollouts', 'Update'), by('x')]).map(({ manager }) => manager)).toEqual([
    'fog-rollouts-orphaned',
    'fog-rollouts-orphaned',
    'x',
  ]);
});

it('What another tool has made of a spec becomes what we have applied, so that the next apply takes away what is not rendered', () => {
  const spec = (fields: object, more: object = {}) => ({ fieldsV1: { 'f:spec': fields, ...more } });
  const status = by('kube-controller-manager', 'Update', { subresource: 'status' });
  const entries = [
    by('kopf', 'Update', spec({ 'f:replicas': {}, 'f:template': { 'f:a': {} } }, { 'f:metadata': {} })),
    by('kubectl', 'Apply', spec({ 'f:template': { 'f:b': {} } })),
    status,
  ];
  expect(withSpecOfOthers(entries, 'fog-rollouts')).toEqual([
    by('kopf', 'Update', { fieldsV1: { 'f:metadata': {} } }),
    by('kubectl', 'Apply', { fieldsV1: {} }),
    status,
    by('fog-rollouts', 'Apply', spec({ 'f:replicas': {}, 'f:template': { 'f:a': {}, 'f:b': {} } })),
  ]);
  expect(withSpecOfOthers([status], 'fog-rollouts')).toEqual([status]);
});

it('What others have in the pods becomes what we have applied; the rest stays theirs', () => {
  const pods = (spec: object) => ({ 'f:template': { 'f:spec': spec } });
  const env = (name: string) => ({
    'f:containers': { 'k:{"name":"web"}': { 'f:env': { [`k:{"name":"${name}"}`]: {} } } },
  });
  const entries = [
    by('fog-rollouts', 'Apply', { fieldsV1: { 'f:spec': { 'f:selector': {}, ...pods(env('A')) } } }),
    by('kubectl', 'Update', { fieldsV1: { 'f:spec': { 'f:paused': {}, ...pods(env('B')) } } }),
    by('injector', 'Update', { fieldsV1: { 'f:spec': pods(env('C')) } }),
    by('controller', 'Update', { subresource: 'status', fieldsV1: { 'f:status': {} } }),
  ];
  const all = { 'k:{"name":"A"}': {}, 'k:{"name":"B"}': {}, 'k:{"name":"C"}': {} };
  const ours = pods({ 'f:containers': { 'k:{"name":"web"}': { 'f:env': all } } });
  expect(withPodsOfOthers(entries, 'fog-rollouts').map((entry) => entry.fieldsV1)).toEqual([
    { 'f:spec': { 'f:selector': {}, ...ours } },
    { 'f:spec': { 'f:paused': {} } },
    {},
    { 'f:status': {} },
  ]);
});

it('What others have besides a spec, or in a subresource, stays theirs as it is', () => {
  const annotator = by('annotator', 'Update', { fieldsV1: { 'f:metadata': { 'f:annotations': {} } } });
  const blank: ManagedEntry = { manager: 'blank', operation: 'Update' };
  const scale = by('autoscaler', 'Update', { subresource: 'scale' });
  const kopf = by('kopf', 'Update', { fieldsV1: { 'f:spec': { 'f:paused': {} } } });
  const taken = withSpecOfOthers([annotator, blank, scale, kopf], 'fog-rollouts');
  expect(taken).toEqual([
    annotator,
    { ...blank, fieldsV1: {} },
    scale,
    { ...kopf, fieldsV1: {} },
    by('fog-rollouts', 'Apply', { fieldsV1: { 'f:spec': { 'f:paused': {} } } }),
  ]);
  expect(withSpecOfOthers([annotator, scale], 'fog-rollouts')).toEqual([annotator, scale]);
});

it('What others have in the pods goes to what we have applied alone, not to what we wrote otherwise', () => {
  const pods = (spec: object) => ({ 'f:spec': { 'f:template': { 'f:spec': spec } } });
  const created = by('fog-rollouts', 'Update', { fieldsV1: pods({ 'f:a': {} }) });
  const status = by('fog-rollouts', 'Apply', { subresource: 'status', fieldsV1: { 'f:status': {} } });
  const applied = by('fog-rollouts', 'Apply', { fieldsV1: pods({ 'f:b': {} }) });
  const theirs = by('kubectl', 'Update', { fieldsV1: pods({ 'f:c': {} }) });
  const scaled = by('autoscaler', 'Update', { subresource: 'scale', fieldsV1: pods({ 'f:d': {} }) });
  const annotator = by('annotator', 'Update', { fieldsV1: { 'f:metadata': { 'f:annotations': {} } } });
  expect(withPodsOfOthers([annotator, created, status, applied, theirs, scaled], 'fog-rollouts')).toEqual([
    annotator,
    created,
    status,
    { ...applied, fieldsV1: pods({ 'f:b': {}, 'f:c': {} }) },
    { ...theirs, fieldsV1: {} },
    scaled,
  ]);
});
