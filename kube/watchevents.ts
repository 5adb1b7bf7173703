import { KubeConnectionError, KubeError, type Status } from './errors.ts';

export interface WatchEvent<T> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  /** The object at this version; for a BOOKMARK, only its resourceVersion means something. */
  object: T;
}

/**
 * The events of a watch's answer, one JSON object a line.
 * @throws KubeError for an ERROR event, KubeConnectionError when the answer ends inside an event
 */
export async function* eventsOf<T>(
  chunks: AsyncIterable<Buffer>,
  name: string,
): AsyncGenerator<WatchEvent<T>, void, void> {
  for await (const line of linesOf(chunks, name)) {
    const event = parseEvent<T>(line, name);
    if (event.type === 'ERROR') throw errorOf(event.object as Status, name);
    yield event as WatchEvent<T>;
  }
}

async function* linesOf(chunks: AsyncIterable<Buffer>, name: string): AsyncGenerator<string, void, void> {
  // A character may be split between two chunks.
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield line;
  }
  if (rest !== '') throw new KubeConnectionError(name, 'The watch ended in the middle of an event');
}

function parseEvent<T>(line: string, name: string): { type: string; object: T } {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new KubeConnectionError(name, 'The watch sent an event that is not JSON', { cause });
  }
}

function errorOf(status: Status, name: string): KubeError {
  return new KubeError({ request: name, code: status.code ?? 500, status });
}
