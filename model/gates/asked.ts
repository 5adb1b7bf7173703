/** Gates that ask others: whoever holds the run asks them ({@link Asking}), and tells it what they said. Pure. */
import type { Layer } from '../layers.ts';
import { boundLine, secondText } from '../text.ts';
import type { Gate, GatePlace, Owner } from '../types.ts';
import type { AnyGate, GateKind, GateReply, Heard, Unsettled } from './kind.ts';
import { limitsOf, longestSeconds } from './measurements.ts';

/** Somebody is to be asked now: until there is a reply, or it is no longer listed. */
export interface Asking {
  layer: Layer;
  at: GatePlace;
  /** Within the layer's turn: after that wave. */
  wave?: string;
  /** Of the gate, once in its place. */
  name: string;
  /** When the gate was come to, RFC 3339: another one, when it is asked anew. */
  since: string;
  gate: Gate;
  /** What is known of it so far. */
  heard?: Heard;
}

/** Who is asked, of each kind. */
const WHOM = {
  http: ({ http }: Gate) => urlText(http!.url),
  job: ({ job }: Gate) => `a Job of the CronJob ${job!.cronJob}`,
  metric: ({ metric }: Gate) => `${urlText(metric!.prometheus.url)} for ${limitsOf(metric!).count} good answers`,
  workflow: ({ workflow }: Gate) => `the workflow ${workflow!.type} of the task queue ${workflow!.taskQueue}`,
} satisfies Partial<Record<keyof Gate, (gate: Gate) => string>>;

export type AskedKind = keyof typeof WHOM;

/** How long is asked where the schema's default is not filled in, in seconds. */
const DEADLINE_SECONDS = 3_600;

/** undefined for a gate that asks nobody. */
export function askedKindOf(gate: AnyGate): AskedKind | undefined {
  return (Object.keys(WHOM) as AskedKind[]).find((kind) => kind in gate);
}

export const asked: GateKind<Gate> = {
  answer(gate, { since, asks, heard, reply }) {
    if (reply) return reply;
    const until = deadlineOf(gate, since);
    if (heard)
      return { state: 'Closed', message: `asks until ${until}; since ${secondText(heard.at)} ${heard.message}` };
    return { state: 'Closed', message: `${asks ? 'asks' : 'is yet to ask'} ${whomText(gate)}, until ${until}` };
  },
};

/** Whom a gate asks, for people. */
export function whomText(gate: Gate): string {
  return WHOM[askedKindOf(gate)!](gate);
}

/** Until when a gate asks, RFC 3339, to the second. */
export function deadlineOf(gate: Gate, since: string): string {
  const { http, job, workflow, metric } = gate;
  const seconds = metric ? longestSeconds(metric) : ((http ?? job ?? workflow)?.deadlineSeconds ?? DEADLINE_SECONDS);
  return secondText(new Date(Date.parse(since) + seconds * 1000).toISOString());
}

/**
 * Names one asking: the same one when it is asked again after a crash, or by the run that goes on with this one; another
 * one for a later revision, after a Retry, and when the gate waits anew.
 */
export function tokenOf({ uid }: Pick<Owner, 'uid'>, { at, layer, name, since }: Omit<Asking, 'gate'>): string {
  return [uid, `${at}-${layer}`, name, Date.parse(since)].join('.');
}

/** Whether whoever is asked does something meanwhile, which is to end when nobody waits for the answer any more. */
export function leavesSomething(gate: Gate): boolean {
  const kind = askedKindOf(gate);
  return kind === 'job' || kind === 'workflow';
}

/** Longest message of a reply that is kept, in bytes. */
const MAX_REPLY = 256;

/** As it may be kept: one line, bounded, whatever the other side has said. */
export function keptReply<Reply extends GateReply | Unsettled>(reply: Reply): Reply {
  return { ...reply, message: boundLine(reply.message, MAX_REPLY) };
}

/** What has changed is told after so long, in ms: at first, and at last. */
const TOLD_AFTER_MS = 60_000;
const TOLD_AT_LAST_AFTER_MS = 3_600_000;

/**
 * Whether people are to be shown what was heard: the first, and then only what is another, ever more rarely, since it costs
 * history.
 *
 * @param now - ms since the epoch
 */
export function isNews(message: string, heard: Heard | undefined, now: number): boolean {
  if (!heard) return true;
  if (message === heard.message) return false;
  return now - Date.parse(heard.at) >= Math.min(TOLD_AFTER_MS * 2 ** heard.times, TOLD_AT_LAST_AFTER_MS);
}

/** A URL as people are shown it: what follows its path may be nobody's business. */
export function urlText(url: string): string {
  const [shown = ''] = url.split('?');
  return boundLine(shown, MAX_REPLY / 2);
}
