import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Change, Changes } from '../../../../api/events/changes.ts';
import { readerOfMany } from '../../../../api/events/reader.ts';
import type { FogRollout } from '../../../../model/types.ts';

const NAMESPACES = ['cloud', 'shop'];
const key = ({ namespace, name }: Pick<Change, 'namespace' | 'name'>) => `${namespace}/${name}`;

const name = fc.record({ namespace: fc.constantFrom(...NAMESPACES), name: fc.constantFrom('a', 'b', 'c', 'd') });
const step = fc.oneof(
  { weight: 6, arbitrary: name.map((of) => ({ kind: 'put' as const, of })) },
  { weight: 2, arbitrary: name.map((of) => ({ kind: 'remove' as const, of })) },
  { weight: 2, arbitrary: fc.nat(5).map((count) => ({ kind: 'read' as const, count })) },
  { weight: 1, arbitrary: fc.constant({ kind: 'reconnect' as const }) },
);

it('whoever reads, slowly or fast, and however often they come again, ends with what there is, and is told nothing twice', () => {
  fc.assert(
    fc.property(fc.option(fc.constantFrom(...NAMESPACES), { nil: undefined }), fc.array(step), (namespace, steps) => {
      const changes = new Changes();
      const there = new Map<string, string>();
      const known = new Map<string, string>();
      const told: string[] = [];
      let last: string | undefined;
      let reader = readerOfMany(changes, { epoch: 'e', namespace, last, saysSynced: true });
      let version = 0;
      const wanted = () =>
        new Map([...there].filter(([of]) => namespace === undefined || of.startsWith(`${namespace}/`)));
      const read = (most: number) => {
        for (let at = 0; at < most; at++) {
          const next = reader.next();
          if (!next) return;
          last = next.id ?? last;
          if (next.event === 'synced') {
            expect(new Map(known)).toEqual(wanted());
            continue;
          }
          if (next.event === 'reset') known.clear();
          if (next.event === 'deleted') known.delete(key(next.change!));
          if (next.event === 'status') known.set(key(next.change!), next.change!.resourceVersion);
          if (next.event !== 'reset') told.push(`${next.event} ${key(next.change!)} ${next.change!.resourceVersion}`);
        }
      };
      for (const one of steps) {
        if (one.kind === 'read') read(one.count);
        if (one.kind === 'reconnect') reader = readerOfMany(changes, { epoch: 'e', namespace, last, saysSynced: true });
        if (one.kind === 'put' || one.kind === 'remove') {
          const metadata = { ...one.of, uid: 'u', resourceVersion: String(++version) };
          const rollout = { metadata } as FogRollout;
          if (one.kind === 'put') {
            changes.changed(rollout);
            there.set(key(one.of), metadata.resourceVersion);
          } else if (there.delete(key(one.of))) changes.gone(rollout);
        }
      }
      read(Number.POSITIVE_INFINITY);
      expect(new Map(known)).toEqual(wanted());
      expect(told).toEqual([...new Set(told)]);
    }),
    { numRuns: 500 },
  );
});

it('who has not read while more went than is remembered begins anew', () => {
  const changes = new Changes();
  const of = (name: string) =>
    ({ metadata: { namespace: 'shop', name, uid: 'u', resourceVersion: name } }) as FogRollout;
  for (let at = 0; at <= 1_000; at++) changes.changed(of(`gone-${at}`));
  changes.changed(of('kept'));
  const reader = readerOfMany(changes, { epoch: 'e', namespace: undefined, last: `e.${changes.head}` });
  expect(reader.next()).toBeUndefined();
  for (let at = 0; at <= 1_000; at++) changes.gone(of(`gone-${at}`));
  expect([reader.next(), reader.next()?.change?.name, reader.next()]).toEqual([{ event: 'reset' }, 'kept', undefined]);
});

it('what is kept does not grow with the changes', () => {
  const changes = new Changes();
  const of = (name: string, version: number) =>
    ({ metadata: { namespace: 'shop', name, uid: 'u', resourceVersion: String(version) } }) as FogRollout;
  for (let at = 0; at < 10_000; at++) changes.changed(of(`web-${at % 10}`, at));
  for (let at = 0; at < 10_000; at++) {
    changes.changed(of(`gone-${at}`, at));
    changes.gone(of(`gone-${at}`, at));
  }
  expect(changes.head).toBe(30_000);
  expect(changes.kept).toBeLessThan(2_500);
});
