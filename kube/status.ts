import type { Status } from './errors.ts';
import { isRecord } from './text.ts';

/** A server's words are repeated in failures, statuses and logs: more than this, in characters, nobody reads. */
const MOST_WORDS = 4_000;
const MOST_CAUSES = 100;

/** The Status in an answer, without what is not as Kubernetes has it: what refuses us may be anything. */
export function statusOf(answer: unknown): Status {
  const fields = isRecord(answer) ? answer : {};
  const details = isRecord(fields.details) ? fields.details : {};
  const causes = Array.isArray(details.causes) ? details.causes.filter(isRecord) : [];
  return {
    kind: 'Status',
    ...texts(fields, ['status', 'message', 'reason']),
    ...numbers(fields, ['code']),
    details: {
      ...texts(details, ['name', 'kind']),
      ...numbers(details, ['retryAfterSeconds']),
      causes: causes.slice(0, MOST_CAUSES).map((cause) => texts(cause, ['reason', 'message', 'field'])),
    },
  };
}

function texts(fields: Record<string, unknown>, names: string[]): Record<string, string> {
  const found = pick(fields, names, (value) => typeof value === 'string') as Record<string, string>;
  return Object.fromEntries(Object.entries(found).map(([name, text]) => [name, bounded(text)]));
}

function bounded(text: string): string {
  return text.length > MOST_WORDS ? `${text.slice(0, MOST_WORDS)}…` : text;
}

function numbers(fields: Record<string, unknown>, names: string[]): Record<string, number> {
  return pick(fields, names, (value) => typeof value === 'number') as Record<string, number>;
}

function pick(fields: Record<string, unknown>, names: string[], fits: (value: unknown) => boolean): object {
  return Object.fromEntries(names.filter((name) => fits(fields[name])).map((name) => [name, fields[name]]));
}
