import type { Status } from './errors.ts';
import { isRecord } from './text.ts';

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
      causes: causes.map((cause) => texts(cause, ['reason', 'message', 'field'])),
    },
  };
}

function texts(fields: Record<string, unknown>, names: string[]): Record<string, string> {
  return pick(fields, names, (value) => typeof value === 'string') as Record<string, string>;
}

function numbers(fields: Record<string, unknown>, names: string[]): Record<string, number> {
  return pick(fields, names, (value) => typeof value === 'number') as Record<string, number>;
}

function pick(fields: Record<string, unknown>, names: string[], fits: (value: unknown) => boolean): object {
  return Object.fromEntries(names.filter((name) => fits(fields[name])).map((name) => [name, fields[name]]));
}
