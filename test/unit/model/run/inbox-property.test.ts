import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compareOrder, type Order } from '../../../../model/order.ts';
import { Inbox } from '../../../../model/run/inbox.ts';
import type { ChangeSignal, Work } from '../../../../model/signals.ts';
import { aChange, aRemoval, aRepair } from './messages.ts';

type Event =
  | { kind: 'change'; object: number; generation: number; attempt: number; content: number }
  | { kind: 'remove' | 'repair'; object: number }
  /** The present run ends, by itself or because it was superseded. */
  | { kind: 'end' };

const OBJECTS = fc.integer({ min: 1, max: 3 });
/** Above the generation that repairs speak of. */
const GENERATIONS = fc.integer({ min: 2, max: 6 });
const EVENTS = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('change' as const),
      object: OBJECTS,
      generation: GENERATIONS,
      attempt: fc.nat(1),
      content: fc.integer({ min: 1, max: 3 }),
    }),
    fc.record({ kind: fc.constantFrom('remove' as const, 'repair' as const), object: OBJECTS }),
    fc.record({ kind: fc.constant('end' as const) }),
  ),
  { maxLength: 30 },
);

/** The chain of runs that a sequence of events makes, until no run has anything left to do. */
class Chain {
  /** What runs were begun with, and what they were adjusted to. */
  readonly begun: Work[] = [];
  readonly adjusted: { from: ChangeSignal; to: ChangeSignal }[] = [];
  readonly heard: Exclude<Event, { kind: 'end' }>[] = [];
  private inbox = new Inbox();
  private present: Work | undefined;
  /**
   * The latest object and the orders that runs have ended with. A run knows nothing of those before it, so late
   * words of them are not the inbox' to ignore: the object is found gone, and the sites refuse an older generation.
   */
  private finished = 0;
  private readonly finishedOrders = new Map<number, Order>();
  private over = false;

  play(event: Event): void {
    if (this.over) return;
    if (event.kind === 'end') this.end();
    else if (!this.isLate(event)) this.hear(event);
  }

  private hear(event: Exclude<Event, { kind: 'end' }>): void {
    this.heard.push(event);
    if (event.kind === 'change') this.change(changeOf(event));
    else if (event.kind === 'remove') this.inbox.remove(aRemoval(event.object));
    else this.inbox.repair(aRepair(event.object, 1));
    if (this.present?.kind === 'removal') expect(this.inbox.superseded).toBe(false);
    if (!this.present) this.begin();
  }

  private change(signal: ChangeSignal): void {
    const adjusted = this.inbox.change(signal);
    if (!adjusted) return;
    if (this.present?.kind !== 'rollout') throw new Error('Only a rollout is adjusted');
    this.adjusted.push({ from: this.present.change, to: adjusted });
    this.present = { kind: 'rollout', change: adjusted };
    this.begun.push(this.present);
    expect([this.inbox.work, this.inbox.superseded]).toEqual([this.present, false]);
  }

  drain(): void {
    while (!this.over && this.present) this.end();
  }

  private isLate(event: Exclude<Event, { kind: 'end' }>): boolean {
    if (event.kind === 'remove') return false;
    if (event.object < this.finished) return true;
    return event.kind === 'change' && compareOrder(event, this.finishedOrders.get(event.object) ?? NONE) <= 0;
  }

  private begin(): void {
    this.present = this.inbox.begin();
    this.begun.push(this.present);
  }

  private end(): void {
    if (!this.present) return;
    const object = objectOf(this.present);
    this.finished = Math.max(this.finished, this.present.kind === 'removal' ? object + 1 : object);
    if (this.present.kind === 'rollout') this.finishedOrders.set(object, this.present.change.revision);
    this.inbox = new Inbox(this.inbox.next());
    this.present = undefined;
    if (this.inbox.hasNext) this.begin();
    else this.over = true; // the next message starts a run that knows of nothing
  }
}

describe('Whatever the order in which messages arrive', () => {
  it('the newest change is begun last, or the newest object is removed', () => {
    check((chain) => {
      const newest = Math.max(0, ...chain.heard.map(({ object }) => object));
      const news = chain.heard.filter(({ kind, object }) => kind !== 'repair' && object === newest);
      if (news.length === 0) return; // of the newest object there are only repairs
      if (news.some(({ kind }) => kind === 'remove')) {
        expect(lastOf(chain.begun, 'removal')).toBe(newest);
        const removed = chain.begun.findIndex((work) => work.kind === 'removal' && objectOf(work) === newest);
        expect(chain.begun.slice(removed).filter(({ kind }) => kind === 'rollout')).toEqual([]);
        return;
      }
      const changes = news.flatMap((event) => (event.kind === 'change' ? [event] : []));
      const last = chain.begun.findLast((work) => work.kind === 'rollout');
      // Of repeats the first was heard.
      expect(last?.change).toEqual(changeOf(changes.toSorted((a, b) => compareOrder(b, a))[0]!));
    });
  });

  it('a run is adjusted to nothing but a later order that gives the sites the same', () => {
    check((chain) => {
      for (const { from, to } of chain.adjusted) {
        expect([to.owner, to.revision.hash]).toEqual([from.owner, from.revision.hash]);
        expect(compareOrder(to.revision, from.revision)).toBeGreaterThan(0);
      }
    });
  });

  it('an older order is never begun after a newer one of the same object', () => {
    check((chain) => {
      const begun = chain.begun.flatMap((work) => (work.kind === 'rollout' ? [work.change] : []));
      for (const [at, { owner, revision }] of begun.entries()) {
        const later = begun.slice(at + 1).filter((change) => change.owner.uid === owner.uid);
        for (const change of later) expect(compareOrder(change.revision, revision)).toBeGreaterThan(0);
      }
    });
  });

  it('a rollout never meets what an earlier object that a run knew of has left', () => {
    check((chain) => {
      const cleaned = new Set<number>();
      const touched = new Set<number>();
      for (const work of chain.begun) {
        const object = objectOf(work);
        if (work.kind === 'removal') {
          for (let of = 1; of <= object; of++) cleaned.add(of);
          // It was asked for while a later object had its turn, and knows nothing of that one.
          for (const other of touched) if (other > object) touched.delete(other);
        }
        if (work.kind !== 'rollout') continue;
        for (const other of touched) if (other < object) expect(cleaned).toContain(other);
        touched.add(object);
      }
    });
  });

  function check(claim: (chain: Chain) => void): void {
    fc.assert(
      fc.property(EVENTS, (events) => {
        const chain = new Chain();
        for (const event of events) chain.play(event);
        chain.drain();
        claim(chain);
      }),
      { numRuns: 2_000, seed: 20261122 },
    );
  }
});

const NONE: Order = { generation: 0 };

function changeOf({ object, generation, attempt, content }: Extract<Event, { kind: 'change' }>): ChangeSignal {
  const change = aChange(object, generation, content);
  return { ...change, revision: { ...change.revision, ...(attempt > 0 && { attempt }) } };
}

function objectOf(work: Work): number {
  const { owner } = work.kind === 'rollout' ? work.change : work.kind === 'removal' ? work.remove : work.repair;
  return Number(owner.uid.replace('uid-', ''));
}

function lastOf(begun: Work[], kind: Work['kind']): number {
  return Math.max(...begun.filter((work) => work.kind === kind).map(objectOf));
}
