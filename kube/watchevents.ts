import { type Asked, checkEvent, rubbish } from './answers.ts';
import { KubeConnectionError, KubeError } from './errors.ts';
import { statusOf } from './status.ts';
import { isRecord } from './text.ts';

export interface WatchEvent<T> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  /** The object at this version; for a BOOKMARK, only its resourceVersion means something. */
  object: T;
}

/** Characters of one event: etcd takes objects of 1.5 MB. What has more is none, and must not fill the memory. */
const MOST_LINE = 32 * 1024 * 1024;

/**
 * The events of a watch's answer, one JSON object a line.
 * @throws KubeError for an ERROR event, KubeConnectionError when the answer ends inside an event or is none of Kubernetes
 */
export async function* eventsOf<T>(
  chunks: AsyncIterable<Buffer>,
  asked: Asked,
): AsyncGenerator<WatchEvent<T>, void, void> {
  for await (const line of linesOf(chunks, asked)) {
    const event = parseEvent(line, asked);
    if (event.type === 'ERROR') throw errorOf(event.object, asked.request);
    checkEvent(event, asked);
    yield event as WatchEvent<T>;
  }
}

async function* linesOf(chunks: AsyncIterable<Buffer>, asked: Asked): AsyncGenerator<string, void, void> {
  // A character may be split between two chunks.
  const decoder = new TextDecoder();
  let begun: string[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    const [end = '', ...lines] = decoder.decode(chunk, { stream: true }).split('\n');
    begun.push(end);
    length += end.length;
    if (length > MOST_LINE) throw rubbish(asked, 'The watch sent a line without an end');
    if (lines.length === 0) continue;
    const rest = lines.pop()!;
    for (const line of [begun.join(''), ...lines]) if (line !== '') yield line;
    begun = [rest];
    length = rest.length;
  }
  if (length > 0) throw new KubeConnectionError(asked.request, 'The watch ended in the middle of an event');
}

function parseEvent(line: string, asked: Asked): { type: string; object: unknown } {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch (cause) {
    throw rubbish(asked, 'The watch sent an event that is not JSON', cause);
  }
  if (!isRecord(event) || typeof event.type !== 'string') throw rubbish(asked, 'The watch sent what is no event');
  return { type: event.type, object: event.object };
}

function errorOf(object: unknown, request: string): KubeError {
  const status = statusOf(object);
  return new KubeError({ request, code: status.code ?? 500, status });
}
