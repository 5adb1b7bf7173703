import { createContext, Script } from 'node:vm';
import { Environment } from '@marcbachmann/cel-js';
import { messageOf } from '../../kube/errors.ts';
import { firstLineOf } from '../../model/text.ts';

/** What an expression may be of, so that it is read at once. */
const LIMITS = { maxAstNodes: 200, maxDepth: 24, maxListElements: 64, maxMapEntries: 16, maxCallArguments: 8 };

/** How long an expression may take, in ms: lists in lists in lists, and regular expressions, could take for ever. */
const LONGEST_MS = 100;

const environment = new Environment({ limits: LIMITS }).registerVariable('result', 'list<double>');

const judge = new Script('judge()');

/** An expression in CEL over `result`, the values of a query, that says yes or no. */
export type Expression = (result: number[]) => boolean;

/** @throws Error, in a line, when it is no such expression */
export function expressionOf(text: string): Expression {
  const { valid, type, error } = environment.check(text);
  if (!valid) throw new Error(`\`${text}\` is no expression in CEL: ${firstLineOf(messageOf(error))}`);
  if (`${type}` !== 'bool') throw new Error(`\`${text}\` is of type ${type}, and has to be a bool`);
  const evaluate = environment.parse(text);
  return (result) => {
    try {
      return judge.runInContext(createContext({ judge: () => evaluate({ result }) }), { timeout: LONGEST_MS }) === true;
    } catch (error) {
      throw new Error(`\`${text}\` gives nothing: ${firstLineOf(messageOf(error))}`);
    }
  };
}
