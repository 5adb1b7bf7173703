import { describe, expect, it } from '@jest/globals';
import { DEPLOYMENTS } from '../../../kube/resources.ts';
import { eventsOf } from '../../../kube/watchevents.ts';

const asked = { request: 'WATCH deployments.apps', server: 'https://s', type: DEPLOYMENTS };
const event = (name: string) => `${JSON.stringify({ type: 'ADDED', object: { metadata: { name } } })}\n`;

async function* inPieces(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function names(chunks: AsyncIterable<Buffer>): Promise<string[]> {
  const seen: string[] = [];
  for await (const { object } of eventsOf<{ metadata: { name: string } }>(chunks, asked))
    seen.push(object.metadata.name);
  return seen;
}

describe('The events of a watch', () => {
  it.each([1, 7, 10_000])('are the same in pieces of %i bytes', async (size) => {
    const text = `${event('a')}${event('bünt')}\n${event('c')}`;
    expect(await names(inPieces(text, size))).toEqual(['a', 'bünt', 'c']);
  });

  it('are none where the answer ends within one', async () => {
    await expect(names(inPieces(event('a').trim(), 5))).rejects.toThrow('ended in the middle of an event');
  });

  it('are none where a line never ends, which is not waited for', async () => {
    let sent = 0;
    const endless = async function* () {
      for (; sent < 200; sent++) yield Buffer.alloc(1024 * 1024, 'x');
    };
    await expect(names(endless())).rejects.toThrow('The watch sent a line without an end; is this a Kubernetes API');
    expect(sent).toBeLessThan(40);
  });
});
