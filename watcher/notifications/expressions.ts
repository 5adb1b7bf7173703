/** Expressions in CEL that sinks are configured with: over `event`, a CloudEvent. Heavy; loaded where there are sinks. */
import { Environment } from '@marcbachmann/cel-js';
import { messageOf } from '../../kube/errors.ts';
import type { CloudEvent } from '../../model/notifications/cloud-event.ts';
import { firstLineOf } from '../../model/text.ts';

const LIMITS = { maxAstNodes: 1_000, maxDepth: 32, maxListElements: 64, maxMapEntries: 64, maxCallArguments: 16 };

const about = new Environment({ limits: LIMITS, homogeneousAggregateLiterals: false })
  .registerVariable('event', 'dyn')
  // https://docs.slack.dev/messaging/formatting-message-text#escaping
  .registerFunction('string.escaped(): string', (text: string) =>
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
  );

/** @throws Error, in a line, when it gives nothing */
export type OfEvent<T> = (event: CloudEvent) => T;

/** Says yes or no. @throws Error, in a line, for what is no such expression */
export function readCondition(text: string): OfEvent<boolean> {
  const evaluate = readExpression(text);
  return (event) => {
    const value = evaluate(event);
    if (typeof value !== 'boolean') throw new Error(`\`${text}\` gives no bool`);
    return value;
  };
}

/** Gives JSON. @throws Error, in a line, for what is no such expression */
export function readTemplate(text: string): OfEvent<string> {
  const evaluate = readExpression(text);
  return (event) => {
    const value = plain(evaluate(event));
    if (typeof value !== 'object' || value === null) throw new Error('gives neither an object nor a list');
    return JSON.stringify(value);
  };
}

function readExpression(text: string): OfEvent<unknown> {
  const { valid, error } = about.check(text);
  if (!valid) throw new Error(`is no expression in CEL: ${firstLineOf(error?.message ?? '')}`);
  const evaluate = about.parse(text);
  return (event) => {
    try {
      return evaluate({ event: counting(event) });
    } catch (error) {
      throw new Error(`gives nothing: ${firstLineOf(messageOf(error))}`);
    }
  };
}

/** Whole numbers are ints in CEL, which of JSON knows doubles alone. */
function counting(value: unknown): unknown {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  return mapped(value, counting);
}

/** What CEL gives, as JSON has it. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Map) return plain(Object.fromEntries(value));
  return mapped(value, plain);
}

function mapped(value: unknown, how: (value: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(how);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, how(one)]));
}
