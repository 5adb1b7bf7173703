import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { type Managed, uncovered } from '../../../model/coverage.ts';

/** Captured from kube-apiserver v1.36.4: what it recorded after we wrote `rendered` and someone else did what the key says. */
const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8')) as Record<string, Managed>;
const applied = fixture('applied');
const created = fixture('created');
const rendered = fixture('rendered') as Record<'deployment' | 'scaled' | 'service', object>;

const WEB = 'spec.template.spec.containers[web]';
const ours = (live: Managed | undefined, what: keyof typeof rendered) =>
  uncovered(live!, 'fog-rollouts', rendered[what]);

describe('a release written by server-side apply', () => {
  it.each<[string, string, keyof typeof rendered, string[]]>([
    ['is whole, the controller having annotated it', 'fresh', 'deployment', []],
    ['has another image (kubectl set image)', 'set-image', 'deployment', [`${WEB}.image`]],
    ['was scaled, its replicas being ours', 'scale-rendered', 'scaled', ['spec.replicas']],
    ['was scaled, its replicas being free', 'scale-free', 'deployment', []],
    ['was restarted (kubectl rollout restart)', 'restart', 'deployment', []],
    ['lost a label', 'label-removed', 'deployment', ['metadata.labels.app.kubernetes.io/managed-by']],
    ['has another limit', 'memory-changed', 'deployment', [`${WEB}.resources.limits`]],
    ['lost its limits', 'limits-removed', 'deployment', [`${WEB}.resources.limits`]],
    [
      'lost a false that mattered',
      'escalation-removed',
      'deployment',
      [`${WEB}.securityContext.allowPrivilegeEscalation`],
    ],
    [
      'has other args, no node selector, a port less',
      'atomic-and-item',
      'deployment',
      [`${WEB}.ports[53]`, `${WEB}.args`, 'spec.template.spec.nodeSelector'],
    ],
    ['got a container of someone else', 'sidecar-added', 'deployment', []],
    ['has values where we wrote none', 'zero-set', 'deployment', [`${WEB}.env[EMPTY].value`, `${WEB}.tty`]],
    ['has a Service with another port', 'svc-port', 'service', ['spec.ports[port-80]']],
  ])('%s', (_, scenario, what, expected) => {
    expect(ours(applied[scenario], what)).toEqual(expected);
  });
});

describe('a release written by a create', () => {
  it.each<[string, string, keyof typeof rendered, string[]]>([
    ['is whole, though values of zero are not recorded', 'fresh', 'deployment', []],
    ['has another image', 'set-image', 'deployment', [`${WEB}.image`]],
    ['has another limit', 'memory-changed', 'deployment', [`${WEB}.resources.limits`]],
    ['lost its limits', 'limits-removed', 'deployment', [`${WEB}.resources.limits`]],
    ['has values where we wrote none', 'zero-set', 'deployment', [`${WEB}.env[EMPTY].value`, `${WEB}.tty`]],
    ['has a Service with another port', 'svc-port', 'service', ['spec.ports[port-80]']],
  ])('%s', (_, scenario, what, expected) => {
    expect(ours(created[scenario], what)).toEqual(expected);
  });
});

describe('what the manager does not own', () => {
  it.each<[string, Managed, string, string[]]>([
    ['is everything where nobody wrote a thing', {}, 'fog-rollouts', ['everything']],
    ['is everything of another manager', applied.fresh!, 'kubectl', ['everything']],
  ])('%s', (_, object, manager, expected) => {
    expect(uncovered(object, manager, rendered.deployment)).toEqual(expected);
  });

  const entry = (fieldsV1: object, more: object = {}) => ({ manager: 'm', operation: 'Apply', fieldsV1, ...more });
  const live = (...managedFields: object[]) => ({ metadata: { managedFields } });

  it.each<[string, Managed, object, string[]]>([
    ['is no path in the second entry', live(entry({}), entry({ 'f:a': {} })), { a: 1 }, []],
    ['is a path in a subresource only', live(entry({ 'f:a': {} }, { subresource: 'scale' })), { a: 1 }, ['everything']],
    ['is no member of a set', live(entry({ 'f:a': { 'v:"x"': {} } })), { a: ['x'] }, []],
    ['is what the set does not have', live(entry({ 'f:a': { 'v:"x"': {} } })), { a: ['y'] }, ['a[y]']],
    ['is nothing of an atomic list', live(entry({ 'f:a': {} })), { a: [{ b: 1 }] }, []],
    ['is nothing when nothing is asked', live(entry({ 'f:z': {} })), { a: undefined, b: null, c: [], d: {} }, []],
    [
      'is not the identity',
      live(entry({ 'f:metadata': { 'f:labels': {} } })),
      { apiVersion: 'v1', kind: 'X', metadata: { name: 'n', namespace: 's' } },
      [],
    ],
    [
      'is a port left to its default protocol, of another protocol',
      live(entry({ 'f:ports': { 'k:{"port":53,"protocol":"UDP"}': { '.': {}, 'f:port': {} } } })),
      { ports: [{ port: 53 }] },
      ['ports[53]'],
    ],
  ])('%s', (_, object, wanted, expected) => {
    expect(uncovered(object, 'm', wanted)).toEqual(expected);
  });
});

describe('What was created and is recorded as a whole, or not at all, is judged by what is live', () => {
  /** As the manager's create recorded it, beside what is there now. */
  const created = (fieldsV1: object, now: object): Managed => ({
    metadata: { managedFields: [{ manager: 'm', operation: 'Update', fieldsV1 }] },
    ...now,
  });
  const WHOLE = { 'f:a': {} };
  const EMPTIED = { 'f:a': { '.': {} } };
  const UNRECORDED = { 'f:z': {} };

  it.each<[string, object, unknown, unknown]>([
    ['the same', WHOLE, { x: 1, y: 'b' }, { x: 1, y: 'b' }],
    ['the same, and what the server adds', WHOLE, { x: 1 }, { x: 1, y: 2 }],
    ['zero values that the server leaves out', WHOLE, { x: 1, no: false, none: 0, text: '' }, { x: 1 }],
    ['zero values that it keeps', WHOLE, { x: 1, no: false }, { x: 1, no: false }],
    ['parts of nothing but zero values', WHOLE, { x: 1, inner: { no: false, list: [] } }, { x: 1 }],
    ['a list', WHOLE, ['b', { x: 1 }], ['b', { x: 1 }]],
    ['empty parts, whatever is there', UNRECORDED, { list: [], map: {} }, undefined],
    ['zero values of a map that is not there', UNRECORDED, { no: false, none: 0 }, undefined],
    ['a zero value alone', UNRECORDED, 0, undefined],
  ])('is as it was made: %s', (_, recorded, wanted, now) => {
    expect(uncovered(created(recorded, { a: now }), 'm', { a: wanted })).toEqual([]);
  });

  it.each<[string, object, unknown, unknown]>([
    ['a map that lost its only key', EMPTIED, { x: 1 }, {}],
    ['a map that lost one of its keys', WHOLE, { x: 1, y: 2 }, { x: 1 }],
    ['a map of which one key is still there, with another value', WHOLE, { x: 1, y: 2 }, { x: 1, y: 3 }],
    ['a map that is gone', EMPTIED, { x: 1 }, undefined],
    ['a map that is null', EMPTIED, { x: 1 }, null],
    ['a value where a map was', EMPTIED, { x: 1 }, 'x'],
    ['a zero value that somebody has set', WHOLE, { x: 1, no: false }, { x: 1, no: true }],
    ['a value that somebody has set to zero', WHOLE, { x: 1, y: 2 }, { x: 1, y: 0 }],
    ['a list that lost an item', WHOLE, ['b', 'c'], ['b']],
    ['a zero value alone that somebody has set', UNRECORDED, 0, 5],
    ['a value that somebody took and set to zero', UNRECORDED, 5, 0],
    ['a map in which only one value was zero', UNRECORDED, { no: false, x: 1 }, undefined],
    ['a map of zero values in which somebody has set one', UNRECORDED, { no: false, none: 0 }, { no: true, none: 0 }],
  ])('is not: %s', (_, recorded, wanted, now) => {
    expect(uncovered(created(recorded, { a: now }), 'm', { a: wanted })).toEqual(['a']);
  });

  it('is found in lists by key, each item beside its own', () => {
    const item = (name: string) => `k:{"name":"${name}"}`;
    const recorded = {
      'f:env': { '.': {}, [item('A')]: { '.': {}, 'f:name': {} }, [item('B')]: { '.': {}, 'f:name': {} } },
    };
    const wanted = {
      env: [
        { name: 'A', value: '' },
        { name: 'B', value: '' },
      ],
    };
    const now = (a: object, b: object) => ({
      env: [
        { name: 'B', ...b },
        { name: 'A', ...a },
      ],
    });
    expect(uncovered(created(recorded, now({}, {})), 'm', wanted)).toEqual([]);
    expect(uncovered(created(recorded, now({}, { value: 'b' })), 'm', wanted)).toEqual(['env[B].value']);
    expect(uncovered(created(recorded, now({ value: 'a' }, {})), 'm', wanted)).toEqual(['env[A].value']);
  });
});
