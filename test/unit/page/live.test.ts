/** From the text of a stream to what the page shows. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EventParser } from '../../../page/api/sse.ts';
import { Telling } from '../../../page/live/known.ts';

const STREAM = [
  'retry: 2000\n',
  'event: reset\ndata: {}\n\n',
  ': heartbeat, data age 12\n\n',
  'id: e.1\nevent: status\ndata: {"name":"wéb"}\n\n',
  'data: one\ndata:two\n\n',
  'id: e.2\r\nevent: synced\r\ndata\r\n\r\n',
  'event: cut\ndata: off',
].join('');

describe('the events of a stream', () => {
  it('are the same wherever it is cut', () => {
    const whole = new EventParser().take(STREAM);
    expect(whole).toEqual([
      { event: 'reset', data: '{}', id: '' },
      { event: 'status', data: '{"name":"wéb"}', id: 'e.1' },
      { event: 'message', data: 'one\ntwo', id: 'e.1' },
      { event: 'synced', data: '', id: 'e.2' },
    ]);
    fc.assert(
      fc.property(fc.array(fc.nat(STREAM.length), { maxLength: 8 }), (cuts) => {
        const parser = new EventParser();
        const ends = [...cuts.sort((a, b) => a - b), STREAM.length];
        const events = ends.flatMap((end, at) => parser.take(STREAM.slice(at === 0 ? 0 : ends[at - 1], end)));
        expect(events).toEqual(whole);
        expect(parser.comment).toBe('heartbeat, data age 12');
      }),
    );
  });
});

describe('what is known', () => {
  const of = (name: string, version = 'v1') => ({ namespace: 'shop', name, version });
  const event = (kind: string, data: object = {}) => ({ event: kind, data: JSON.stringify(data), id: '' });
  const shown = ({ known }: ReturnType<Telling['take']>) =>
    [...known.rollouts.values()].map(({ name, version }) => `${name} ${version}`);

  it('grows while all is told, and is said to be whole then', () => {
    const telling = new Telling();
    const first = telling.take([event('reset'), event('status', of('a'))]);
    expect([shown(first), first.known.isWhole]).toEqual([['a v1'], false]);
    const last = telling.take([event('status', of('b')), event('synced')]);
    expect([shown(last), last.known.isWhole]).toEqual([['a v1', 'b v1'], true]);
    expect([...last.news]).toEqual(['shop/b']);
  });

  it('stays in sight while all is told anew, and then is that', () => {
    const telling = new Telling();
    telling.take([event('reset'), event('status', of('a')), event('status', of('b')), event('synced')]);
    const during = telling.take([event('reset'), event('status', of('b', 'v2'))]);
    expect([shown(during), during.known.isWhole]).toEqual([['a v1', 'b v1'], true]);
    expect(shown(telling.take([event('synced')]))).toEqual(['b v2']);
  });

  it('follows what comes, changes and goes; of sites only that there is news', () => {
    const telling = new Telling();
    const before = telling.take([event('reset'), event('status', of('a')), event('synced')]).known;
    const { known, news } = telling.take([
      event('status', of('b')),
      event('deleted', of('a')),
      event('sites', of('b')),
    ]);
    expect([...known.rollouts.keys()]).toEqual(['shop/b']);
    expect([...news]).toEqual(['shop/b', 'shop/a']);
    expect([...before.rollouts.keys()]).toEqual(['shop/a']);
  });
});
