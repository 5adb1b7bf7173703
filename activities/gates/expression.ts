import { createContext, Script } from 'node:vm';
import { messageOf } from '../../kube/errors.ts';
import { GATE_REASONS } from '../../model/gates/asking.ts';
import { type Evaluate, readExpression } from '../../model/gates/expression.ts';
import { firstLineOf } from '../../model/text.ts';
import { GateProblem } from './problem.ts';

/** How long an expression may take, in ms: lists in lists in lists, and regular expressions, could take for ever. */
const LONGEST_MS = 100;

const judge = new Script('judge()');

/** What somebody answered by HTTP. */
export interface Answer {
  status: number;
  /** Of JSON; null where that was none. */
  body: unknown;
}

/** An expression in CEL that says yes or no. @throws Error, in a line, when it gives neither */
export type Expression<About> = (about: About) => boolean;

/**
 * Over `result`, the values of a query.
 *
 * @throws GateProblem, in a line, when it is no such expression
 */
export function expressionOfResult(text: string): Expression<number[]> {
  const evaluate = readable(text, 'result');
  return (result) => inTime(text, () => evaluate({ result }));
}

/** Over `status` and `body` of an answer; else as {@link expressionOfResult}. */
export function expressionOfAnswer(text: string): Expression<Answer> {
  const evaluate = readable(text, 'answer');
  return ({ status, body }) => inTime(text, () => evaluate({ status: BigInt(status), body }));
}

function readable(...expression: Parameters<typeof readExpression>): Evaluate {
  const read = readExpression(...expression);
  if ('problem' in read) throw new GateProblem(GATE_REASONS.unrunnable, read.problem);
  return read.evaluate;
}

function inTime(text: string, evaluate: () => unknown): boolean {
  const result = evaluated(text, evaluate);
  if (typeof result !== 'boolean') throw new Error(`\`${text}\` gives no bool`);
  return result;
}

function evaluated(text: string, evaluate: () => unknown): unknown {
  try {
    return judge.runInContext(createContext({ judge: evaluate }), { timeout: LONGEST_MS });
  } catch (error) {
    throw new Error(`\`${text}\` gives nothing: ${firstLineOf(messageOf(error))}`);
  }
}
