/**
 * What a value of Temporal says of itself, that somebody may have put there whom the hub has not asked to: whether the hub has
 * signed it, and what for. Pure: workflow code reads it, too.
 */

import { isFields } from './run/shape.ts';

type Fields = Record<string, unknown>;

/** A key that nothing of ours has. */
export const UNSIGNED = 'fog-rollouts/unsigned';

/** Type of the failure of whatever is refused for that, and the reason in a FogRollout's status. */
export const NOT_SIGNED = 'NotSigned';

/** What was not signed, with why, and what it says. */
export interface Unsigned {
  [UNSIGNED]: string;
  value?: unknown;
}

/** Why a value cannot be trusted; undefined when it was signed. */
export function whyUnsigned(value: unknown): string | undefined {
  return isUnsigned(value) ? value[UNSIGNED] : undefined;
}

/** The value, signed or not. */
export function signedOrNot(value: unknown): unknown {
  return isUnsigned(value) ? value.value : value;
}

/** The field in which an object says what it was made for: the name of an activity, a signal, an update or a workflow. */
const MADE_FOR = 'madeFor';

/** What is handed on by a name, so that one who has it in hand cannot hand it on by another. What is no object is as it was. */
export function madeFor<Args extends readonly unknown[]>(name: string, args: Args): Args {
  return args.map((arg) => (isFields<Fields>(arg) ? { ...arg, [MADE_FOR]: name } : arg)) as unknown as Args;
}

/** The same as it was before. */
export function asGiven<Args extends readonly unknown[]>(args: Args): Args {
  const without = (arg: unknown) => {
    if (!isFields<Fields>(arg) || !(MADE_FOR in arg)) return arg;
    const { [MADE_FOR]: _, ...given } = arg;
    return given;
  };
  return args.map(without) as unknown as Args;
}

/**
 * Why what was handed on by a name cannot be trusted: it was not signed, or made for another name.
 *
 * @param isStrict - every object has to say what it was made for; else it may leave that out
 */
export function whyNotFor(name: string, args: readonly unknown[], { isStrict = false } = {}): string | undefined {
  const why = args.map(whyUnsigned).find((unsigned) => unsigned !== undefined);
  if (why !== undefined) return why;
  const purposes = args.filter(isFields<Fields>).map((arg) => arg[MADE_FOR]);
  const other = purposes.find((purpose) => purpose !== name && (isStrict || purpose !== undefined));
  if (other !== undefined) return `it was made for ${other}`;
  return isStrict && purposes.includes(undefined) ? 'it does not say what it was made for' : undefined;
}

function isUnsigned(value: unknown): value is Unsigned {
  return typeof value === 'object' && value !== null && UNSIGNED in value;
}
