/** Expressions in CEL that people write for gates. Pure; workflows and what starts soon keep away from it. */
import { Environment } from '@marcbachmann/cel-js';
import { firstLineOf } from '../text.ts';

/** What an expression may be of, so that it is read at once. */
const LIMITS = { maxAstNodes: 200, maxDepth: 24, maxListElements: 64, maxMapEntries: 16, maxCallArguments: 8 };

/** What expressions speak of. */
const ABOUT = {
  /** `result`, the values of a query. */
  result: new Environment({ limits: LIMITS }).registerVariable('result', 'list<double>'),
  /** `status` of an answer by HTTP, and `body`, which is JSON or null. */
  answer: new Environment({ limits: LIMITS }).registerVariable('status', 'int').registerVariable('body', 'dyn'),
};

/** It may take for ever, and throws whatever it likes. */
export type Evaluate = (given: Record<string, unknown>) => unknown;

/** What an expression is, or in a line what is wrong with it. */
export function readExpression(text: string, about: keyof typeof ABOUT): { evaluate: Evaluate } | { problem: string } {
  const environment = ABOUT[about];
  const { valid, type, error } = environment.check(text);
  if (!valid) return { problem: `\`${text}\` is no expression in CEL: ${firstLineOf(error?.message ?? '')}` };
  // What JSON has is known when it is there.
  if (`${type}` !== 'bool' && `${type}` !== 'dyn') {
    return { problem: `\`${text}\` is of type ${type}, and has to be a bool` };
  }
  return { evaluate: environment.parse(text) };
}
