import { describe, expect, it } from '@jest/globals';
import { isAction, isChange, isHealth, isRemove, isRepair, isSites, isWindows } from '../../../../model/run/whole.ts';
import { isGate } from '../../../../model/run/whole-gates.ts';
import { CHANGE, GATES, HEALTH, REMOVAL, REPAIR, ROLLBACK, SITES, WINDOWS } from './whole-messages.ts';

type Check = (value: object) => boolean;
type Path = string[];

const OWNER = ['owner', 'owner.namespace', 'owner.name', 'owner.uid', 'owner.created'];
const CONTENT = ['generation', 'version', 'hash', 'layers', 'hashes', 'strategy'];
const STRATEGY = [
  ...['progressDeadlineSeconds', 'layers'],
  ...['before.0', 'after.0', 'waves.0.after.0'].map((gate) => `layers.edge.${gate}.approval`),
].map((field) => `strategy.${field}`);
const WINDOW = ['name', 'overrun', 'holds', 'timetable', 'timetable.closed', 'timetable.closed.0.from'];
/** A run only hands it on, or compares it with the words it knows: no shape of it is an error. */
const UNREAD = [
  'layers.edge.containers',
  ...['onFailure', 'promotion', 'layers.edge.prune', 'layers.edge.offline.policy', 'layers.edge.waves.0.name'].map(
    (field) => `strategy.${field}`,
  ),
  ...['key', 'operator'].map((field) => `strategy.layers.edge.siteSelector.matchExpressions.0.${field}`),
];

/** A complete one of each; which of its fields have to be there; of which the shape means nothing. */
const MESSAGES: [string, Check, object, needed: string[], unread: string[]][] = [
  [
    'A change',
    isChange,
    CHANGE,
    [
      ...OWNER,
      'revision',
      ...[...CONTENT, ...STRATEGY].map((field) => `revision.${field}`),
      ...WINDOW.map((field) => `windows.0.${field}`),
      ...['action', 'by', 'at'].map((field) => `asked.${field}`),
      ...['generation', 'at'].map((field) => `rollback.${field}`),
    ],
    [
      ...['isOneOfMany', 'action', 'restartedAt', 'asked.layer', 'asked.wave', 'asked.gate', 'asked.plan'],
      ...UNREAD.map((field) => `revision.${field}`),
    ],
  ],
  ['A removal', isRemove, REMOVAL, OWNER, ['orphan']],
  [
    'A repair',
    isRepair,
    REPAIR,
    [...OWNER, 'generation', 'layers', 'layers.0.layer'],
    ['generation', 'attempt', 'fleet', 'leaves', 'leavesBy'].map((field) => `layers.0.${field}`),
  ],
  ['What is seen of the health of a layer', isHealth, HEALTH, ['uid', 'layer', 'ready', 'message'], []],
  ['What is said of sites', isSites, SITES, ['layer', 'sites'], []],
  [
    'What is said of FogWindows',
    isWindows,
    WINDOWS,
    ['uid', 'windows', ...WINDOW.map((field) => `windows.0.${field}`)],
    [],
  ],
  [
    'An action',
    isAction,
    ROLLBACK,
    ['uid', 'action', 'by', 'at', ...[...CONTENT, ...STRATEGY].map((field) => `to.${field}`)],
    UNREAD.map((field) => `to.${field}`),
  ],
  ['A gate that people open', isGate, GATES.approval, ['approval'], ['approval.onExpire']],
  ['A gate that names a window', isGate, GATES.window, ['window', 'window.ref'], []],
  ['A gate with a window of its own', isGate, GATES.inline, ['window'], []],
  [
    'A gate that asks by HTTP',
    isGate,
    GATES.http,
    ['http', ...under('http', 'url', 'secretRef.name', 'secretRef.key')],
    [],
  ],
  ['A gate that runs a Job', isGate, GATES.job, ['job', 'job.cronJob'], []],
  ['A gate that runs a workflow', isGate, GATES.workflow, ['workflow', ...under('workflow', 'type', 'taskQueue')], []],
  [
    'A gate that measures',
    isGate,
    GATES.metric,
    [
      ...['metric', 'metric.prometheus', 'metric.success'],
      ...under('metric.prometheus', 'url', 'query', 'secretRef.name', 'secretRef.key'),
    ],
    [],
  ],
];

describe.each(MESSAGES)('%s', (_, isWhole, whole, needed, unread) => {
  const paths = pathsIn(whole);

  it('is taken when it has all its fields', () => {
    expect(isWhole(whole)).toBe(true);
  });

  it('is taken without any field that may be left out, and without no other', () => {
    const refused = paths.filter((path) => !isItem(path) && !isWhole(without(whole, path)));
    expect(refused.map(textOf).toSorted()).toEqual(needed.toSorted());
  });

  it('is refused when a field is of another type', () => {
    const read = paths.filter((path) => !unread.includes(textOf(path)));
    const taken = read.flatMap((path) =>
      othersThan(at(whole, path))
        .filter((other) => isWhole(having(whole, path, other)))
        .map((other) => `${textOf(path)}: ${JSON.stringify(other)}`),
    );
    expect(taken).toEqual([]);
  });
});

/** A year, which is the longest that a gate may take. */
const YEAR = 31_536_000;
/** What a time can be reckoned with, as the schema has it: a whole number of 32 bits. */
const LONGEST = 2_147_483_647;

describe('A number is taken within its bounds alone', () => {
  it.each<[keyof typeof GATES, field: string, least: number, most?: number]>([
    ['approval', 'required', 1],
    ['approval', 'expiresAfterSeconds', 0, LONGEST],
    ['http', 'timeoutSeconds', 1, YEAR],
    ['http', 'retrySeconds', 1, YEAR],
    ['http', 'deadlineSeconds', 1, YEAR],
    ['job', 'deadlineSeconds', 1, YEAR],
    ['workflow', 'deadlineSeconds', 1, YEAR],
    ['metric', 'intervalSeconds', 1, YEAR],
    ['metric', 'count', 1, YEAR],
    ['metric', 'failureLimit', 0],
    ['metric', 'inconclusiveLimit', 0],
  ])('of a gate: %s.%s', (kind, field, ...bounds) => {
    expect(takenAround(isGate, GATES[kind], [kind, field], bounds)).toEqual(bounds);
  });

  it.each<[field: string, least: number, most?: number]>([
    ['progressDeadlineSeconds', 0, LONGEST],
    ['revisionHistoryLimit', 1],
    ['rollbackWindowSeconds', 0],
    ['layers.edge.soakSeconds', 0, LONGEST],
    ['layers.edge.maxSitesPerMinute', 1],
    ['layers.edge.rampUp.initial', 1],
    ['layers.edge.rampUp.factor', 2],
    ['layers.edge.offline.afterSeconds', 0, LONGEST],
    ['layers.edge.offline.expireAfterSeconds', 0, LONGEST],
  ])('of a strategy: %s', (field, ...bounds) => {
    const path = ['revision', 'strategy', ...field.split('.')];
    expect(takenAround(isChange, CHANGE, path, bounds)).toEqual(bounds);
  });
});

describe('An action', () => {
  it.each(['uid', 'by', 'wave', 'site', 'gate', 'plan', 'reason'])('is refused where its %s is too long', (field) => {
    const having256 = isAction({ ...ROLLBACK, [field]: 'a'.repeat(256) });
    expect([having256, isAction({ ...ROLLBACK, [field]: 'a'.repeat(257) })]).toEqual([true, false]);
  });

  it.each<[string, object]>([
    ['that nobody knows', { action: 'Dance' }],
    ['of no time', { at: 'tomorrow' }],
    ['about another layer than there are', { layer: 'moon' }],
    ['about half a generation', { revision: 3.5 }],
  ])('%s is refused', (_, fields) => {
    expect(isAction({ ...ROLLBACK, ...fields })).toBe(false);
  });
});

it.each<[string, object]>([
  ['the name of one and when it is open', { ref: 'night', allow: [{ start: '2026-01-05T08:00' }] }],
  ['the name of one and when it is closed', { ref: 'night', deny: [{}] }],
  ['nothing', {}],
])('A gate waits for one window, and not for %s', (_, window) => {
  expect(isGate({ window })).toBe(false);
});

it('What is no object of fields is no gate', () => {
  expect([null, 'approval', ['approval'], [], 7].filter(isGate)).toEqual([]);
});

/** Of a number at its bounds and right beyond them, what is taken. */
function takenAround(isWhole: Check, whole: object, path: Path, [least, most]: (number | undefined)[]): number[] {
  const tried = [least! - 1, least!, ...(most === undefined ? [] : [most, most + 1])];
  return tried.filter((number) => isWhole(having(whole, path, number)));
}

/** Of another type than a value. */
function othersThan(value: unknown): unknown[] {
  const typeOf = (one: unknown) => (Array.isArray(one) ? 'list' : typeof one);
  // An amount of sites is a number or a text.
  const own = value === '10%' ? ['string', 'number'] : [typeOf(value)];
  return [null, ...[true, 7, '7', [], {}].filter((other) => !own.includes(typeOf(other)))];
}

/** Of all that a value has, at any depth. */
function pathsIn(value: unknown): Path[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => [[key], ...pathsIn(one).map((path) => [key, ...path])]);
}

/** It is one of a list, or of a record by names that mean nothing. */
function isItem(path: Path): boolean {
  return /^\d+$/.test(path.at(-1)!);
}

function at(value: object, path: Path): unknown {
  return path.reduce<unknown>((one, key) => (one as Record<string, unknown>)[key], value);
}

function having(value: object, path: Path, other: unknown): object {
  const copy = structuredClone(value);
  const parent = at(copy, path.slice(0, -1)) as Record<string, unknown>;
  parent[path.at(-1)!] = other;
  return copy;
}

function without(value: object, path: Path): object {
  const copy = structuredClone(value);
  delete (at(copy, path.slice(0, -1)) as Record<string, unknown>)[path.at(-1)!];
  return copy;
}

function textOf(path: Path): string {
  return path.join('.');
}

function under(path: string, ...fields: string[]): string[] {
  return fields.map((field) => `${path}.${field}`);
}
