/** The API's one event stream, followed as long as somebody looks: opened again when it ends, from where it had come to. */
import { ApiError, ask } from '../api/client.ts';
import { EventParser, type ServerEvent } from '../api/sse.ts';

export interface Following {
  /** Where the stream is, e.g. `events`. */
  path: string;
  signal: AbortSignal;
  onOpen(): void;
  onEvents(events: ServerEvent[]): void;
  /** @param seconds - how old what is told may be: when the API has last heard of Kubernetes */
  onAge(seconds: number): void;
  /** It has ended, or could not be had; it is tried again. @param status - HTTP's, where it was refused */
  onLost(why: string, status?: number): void;
}

/** A stream that is quiet for longer has lost its other end: the API says something every 15 s. */
const SILENCE_MS = 40_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/** Resolves when the signal is aborted; rejects never. EventSource would do, but that it can send no token. */
export async function follow(following: Following): Promise<void> {
  const { signal, onLost } = following;
  let last = '';
  let pause = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    try {
      await readOnce(following, last, (id) => {
        last = id;
        pause = FIRST_PAUSE_MS;
      });
      onLost('The stream has ended');
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError) onLost(error.message, error.status);
      else onLost('The connection was lost');
    }
    await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + Math.random() / 2)));
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
}

async function readOnce(following: Following, last: string, heard: (id: string) => void): Promise<void> {
  const { path, signal, onOpen, onEvents, onAge } = following;
  const silence = new AbortController();
  let deadline = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const response = await ask(path, {
      headers: { accept: 'text/event-stream', ...(last && { 'last-event-id': last }) },
      signal: AbortSignal.any([signal, silence.signal]),
    });
    onOpen();
    const parser = new EventParser();
    const decoder = new TextDecoder();
    const reader = response.body!.getReader();
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      clearTimeout(deadline);
      deadline = setTimeout(() => silence.abort(), SILENCE_MS);
      const events = parser.take(decoder.decode(read.value, { stream: true }));
      const age = /data age (\d+)/.exec(parser.comment)?.[1];
      if (age !== undefined) onAge(Number(age));
      if (events.length === 0) continue;
      onEvents(events);
      heard(events.at(-1)!.id || last);
    }
  } finally {
    clearTimeout(deadline);
  }
}
