/** One try to tell a sink of one event, and what its answer means. */
import { STATUS_CODES } from 'node:http';
import { messageOf } from '../../kube/errors.ts';
import type { Outside } from '../../kube/outside.ts';
import type { CloudEvent } from '../../model/notifications/cloud-event.ts';
import { signatureOf } from './signature.ts';
import type { Sink } from './sink.ts';

/** `refused`: that event is never going to be taken. `later`: neither that nor another is at present. */
export type Delivered =
  | { outcome: 'delivered' }
  | { outcome: 'refused'; why: string }
  | { outcome: 'later'; why: string; afterMs: number };

/** What an answer says is not read. */
const MAX_ANSWER = 1024;

/** They say that something is wrong with our way to the sink, or that it is not the time: not with the event. */
const TRIED_AGAIN = [401, 402, 403, 404, 407, 408, 410, 421, 423, 425, 426, 429];

/** Longest that a sink is heeded for, in ms. */
const LONGEST_MS = 3_600_000;

/**
 * 2xx takes it. Of 4xx those that are about the event refuse it. All else is tried again: where the sink says that it is gone
 * (410), in an hour.
 */
export async function deliver(
  sink: Sink,
  { event, body }: { event: CloudEvent; body: string },
  { outside, signal, now }: { outside: Outside; signal: AbortSignal; now: Date },
): Promise<Delivered> {
  const { url, headers, secrets, timeoutMs, contentType } = sink;
  const signature = signatureOf(secrets, { id: event.id, body, seconds: now.getTime() / 1000 });
  const request = {
    method: 'POST' as const,
    headers: { ...headers, 'content-type': contentType, ...signature },
    body,
    timeoutMs,
    maxBytes: MAX_ANSWER,
    signal,
  };
  try {
    const { status, retryAfterSeconds = 0 } = await outside.request(url, request);
    if (status >= 200 && status < 300) return { outcome: 'delivered' };
    const why = `It answered ${status} ${STATUS_CODES[status] ?? ''}`.trim();
    if (status >= 400 && status < 500 && !TRIED_AGAIN.includes(status)) return { outcome: 'refused', why };
    const afterMs = status === 410 ? LONGEST_MS : Math.min(retryAfterSeconds * 1000, LONGEST_MS);
    return { outcome: 'later', why, afterMs };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    // Whom it asked is a secret where the URL is one.
    return { outcome: 'later', why: messageOf(error), afterMs: 0 };
  }
}
