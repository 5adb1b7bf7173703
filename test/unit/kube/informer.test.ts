import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Informer, type InformerOptions } from '../../../kube/informer.ts';
import { type Log, silentLog } from '../../../kube/log.ts';
import { DEPLOYMENTS } from '../../../kube/resources.ts';
import { settle } from './fakeclock.ts';
import { InstantClock } from './instantclock.ts';
import { ModelServer, type Thing } from './modelserver.ts';

let server: ModelServer;
let stop: AbortController;

beforeEach(() => {
  server = new ModelServer();
  stop = new AbortController();
});
afterEach(() => stop.abort());

function anInformer(options: Partial<InformerOptions<Thing>> = {}) {
  const clock = new InstantClock();
  return new Informer<Thing>({
    client: server.client,
    type: DEPLOYMENTS,
    clock,
    indexes: { color: (thing) => (thing.color ? [thing.color] : []) },
    ...options,
  });
}

async function started(options: Partial<InformerOptions<Thing>> = {}) {
  const informer = anInformer(options);
  informer.start(stop.signal);
  await informer.waitForSync();
  await settle();
  return informer;
}

function recorder(informer: Informer<Thing>) {
  const seen: string[] = [];
  const unsubscribe = informer.subscribe({
    onAdd: (thing) => seen.push(`+${thing.metadata.name} ${thing.color}`),
    onUpdate: (old, thing) => seen.push(`${thing.metadata.name} ${old.color}>${thing.color}`),
    onDelete: (last) => seen.push(`-${last.metadata.name}`),
  });
  return { seen, unsubscribe };
}

describe('Informer', () => {
  it('has synced when the first list is in the store', async () => {
    server.put('a', 'red');
    const informer = anInformer();
    expect([informer.hasSynced, informer.size]).toEqual([false, 0]);
    informer.start(stop.signal);
    await informer.waitForSync(AbortSignal.timeout(1000));
    expect([informer.hasSynced, informer.size, informer.get('edge', 'a')?.color]).toEqual([true, 1, 'red']);
    expect(informer.get('edge', 'b')).toBeUndefined();
  });

  it('tells subscribers of changes, late ones first of what is there', async () => {
    server.put('a', 'red');
    const informer = await started();
    const { seen, unsubscribe } = recorder(informer);
    server.put('a', 'blue');
    server.put('b', 'red');
    server.remove('a');
    await settle();
    unsubscribe();
    server.put('c', 'red');
    await settle();
    expect(seen).toEqual(['+a red', 'a red>blue', '+b red', '-a']);
  });

  it('tells of a delete and an add when an object was made again while nobody watched', async () => {
    server.put('a', 'red');
    const informer = await started();
    const { seen } = recorder(informer);
    server.expire();
    server.remove('a');
    server.put('a', 'green');
    server.expire();
    await settle();
    await settle();
    expect(seen).toEqual(['+a red', '-a', '+a green']);
  });

  it('keeps quiet about what a relist shows to be the same', async () => {
    server.put('a', 'red');
    const informer = await started();
    const { seen } = recorder(informer);
    server.expire();
    server.put('b', 'red');
    await informer.waitFor('edge', 'b', (thing) => thing, AbortSignal.timeout(1000));
    expect(seen).toEqual(['+a red', '+b red']);
  });

  it('finds objects by index', async () => {
    server.put('a', 'red');
    server.put('b', 'red');
    const informer = await started();
    const names = (color: string) => informer.byIndex('color', color).map((thing) => thing.metadata.name);
    expect([names('red'), names('blue')]).toEqual([['a', 'b'], []]);
    server.put('a', 'blue');
    server.remove('b');
    await settle();
    expect([names('red'), names('blue')]).toEqual([[], ['a']]);
    expect(() => informer.byIndex('size', 'big')).toThrow('There is no index size');
  });

  it('keeps what transform makes of an object', async () => {
    server.put('a', 'red');
    const informer = await started({ transform: (thing) => ({ ...thing, color: thing.color.toUpperCase() }) });
    server.put('b', 'blue');
    await settle();
    expect(informer.list().map(({ color }) => color)).toEqual(['RED', 'BLUE']);
    expect(informer.byIndex('color', 'RED')).toHaveLength(1);
  });

  it('outlives handlers, transforms and indexes that fail, and says so', async () => {
    const errors: object[] = [];
    const log: Log = { ...silentLog, error: (fields) => errors.push(fields) };
    const fail = () => {
      throw new Error('faulty');
    };
    const informer = await started({ log, transform: fail, indexes: { bad: fail } });
    informer.subscribe({ onAdd: fail });
    informer.subscribe({ onAdd: async () => fail() });
    const { seen } = recorder(informer);
    server.put('a', 'red');
    await settle();
    expect([seen, informer.size, errors.length]).toEqual([['+a red'], 1, 4]);
  });

  it('refuses to be started twice', async () => {
    const informer = await started();
    expect(() => informer.start(stop.signal)).toThrow('The informer of deployments.apps was started before');
  });

  it('stops: whoever waits for its sync or an object is told', async () => {
    const never = new ModelServer();
    never.listAll = () => new Promise((_resolve, reject) => stop.signal.addEventListener('abort', () => reject()));
    const unsynced = anInformer({ client: never.client });
    unsynced.start(stop.signal);
    const synced = expect(unsynced.waitForSync()).rejects.toThrow('enough');
    const informer = await started();
    const found = expect(informer.waitFor('edge', 'a', (thing) => thing, new AbortController().signal)).rejects.toThrow(
      'enough',
    );
    stop.abort(new Error('enough'));
    await Promise.all([synced, found, informer.stopped, unsynced.stopped]);
  });
});

describe('Informer.waitFor', () => {
  const forever = () => new AbortController().signal;

  it('answers at once when it can', async () => {
    server.put('a', 'red');
    const informer = await started();
    expect(await informer.waitFor('edge', 'a', (thing) => thing?.color, forever())).toBe('red');
    expect(await informer.waitFor('edge', 'b', (thing) => (thing ? undefined : 'absent'), forever())).toBe('absent');
  });

  it('does not take an object for absent before the first list', async () => {
    server.put('a', 'red');
    const informer = anInformer();
    const answer = informer.waitFor('edge', 'a', (thing) => (thing ? 'present' : 'absent'), forever());
    informer.start(stop.signal);
    expect(await answer).toBe('present');
  });

  it('asks again at every change of that object only', async () => {
    server.put('a', 'red');
    const informer = await started();
    const asked: (string | undefined)[] = [];
    const answer = informer.waitFor(
      'edge',
      'a',
      (thing) => {
        asked.push(thing?.color);
        return thing?.color === 'green' ? 'done' : undefined;
      },
      forever(),
    );
    server.put('b', 'red');
    server.put('a', 'blue');
    server.remove('a');
    server.put('a', 'green');
    server.put('a', 'black');
    expect(await answer).toBe('done');
    await settle();
    expect(asked).toEqual(['red', 'blue', undefined, 'green']);
  });

  it('rejects with the reason of its signal, and with what check throws', async () => {
    const informer = await started();
    const mine = new AbortController();
    const waiting = informer.waitFor('edge', 'a', (thing) => thing, mine.signal);
    const failing = informer.waitFor(
      'edge',
      'a',
      (thing) => {
        if (thing) throw new Error('bad check');
        return undefined;
      },
      forever(),
    );
    mine.abort(new Error('too late'));
    await expect(waiting).rejects.toThrow('too late');
    server.put('a', 'red');
    await expect(failing).rejects.toThrow('bad check');
  });

  it('is cheap: ten thousand wait while ten thousand objects change', async () => {
    const informer = await started();
    let asked = 0;
    const waits = Array.from({ length: 10_000 }, (_, i) =>
      informer.waitFor(
        'edge',
        `w${i}`,
        (thing) => {
          asked++;
          return thing;
        },
        forever(),
      ),
    );
    server.cut();
    for (let i = 0; i < 10_000; i++) server.put(`w${i}`, 'red');
    await Promise.all(waits);
    expect(asked).toBe(20_000);
  });
});

describe('Whatever happens', () => {
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.tuple(fc.constant('put' as const), fc.constantFrom('a', 'b', 'c'), fc.constantFrom('red', 'blue')),
    },
    { weight: 2, arbitrary: fc.tuple(fc.constant('remove' as const), fc.constantFrom('a', 'b', 'c')) },
    { weight: 1, arbitrary: fc.tuple(fc.constantFrom('cut' as const, 'expire' as const)) },
    { weight: 2, arbitrary: fc.tuple(fc.constant('settle' as const)) },
  );

  it('the informer, its indexes and its subscribers end with what the server has', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        server = new ModelServer();
        const mine = new AbortController();
        const informer = anInformer();
        const told = new Map<string, Thing>();
        informer.subscribe({
          onAdd: (thing) => {
            expect(told.has(thing.metadata.name)).toBe(false);
            told.set(thing.metadata.name, thing);
          },
          onUpdate: (old, thing) => {
            expect(told.get(thing.metadata.name)).toBe(old);
            expect(thing.metadata.uid).toBe(old.metadata.uid);
            told.set(thing.metadata.name, thing);
          },
          onDelete: (last) => expect(told.delete(last.metadata.name)).toBe(true),
        });
        informer.start(mine.signal);
        for (const [what, name, color] of steps) {
          if (what === 'put') server.put(name, color);
          else if (what === 'remove') server.remove(name);
          else if (what === 'settle') await settle();
          else server[what]();
        }
        server.put('last', 'red');
        await informer.waitFor('edge', 'last', (thing) => thing, AbortSignal.timeout(2000));
        const byName = (things: Thing[]) => things.sort((a, b) => a.metadata.name.localeCompare(b.metadata.name));
        const expected = byName(server.objects());
        expect(byName(informer.list())).toEqual(expected);
        expect(byName([...told.values()])).toEqual(expected);
        for (const color of ['red', 'blue']) {
          expect(byName(informer.byIndex('color', color))).toEqual(expected.filter((thing) => thing.color === color));
        }
        mine.abort();
        await informer.stopped;
      }),
      { numRuns: 200 },
    );
  });
});
