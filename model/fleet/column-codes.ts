/** How columns say one thing of each site in one character. Pure, and small: the page for browsers has it too. */

/** The n-th stands for the n-th of a list. */
export const INDEXES = '0123456789abcdefghijklmnopqrstuvwxyz';

/** Stands for none of them. */
export const NONE = '-';

/** Which of a list each character stands for; undefined for none, and for what is none of ours. */
export function decoded<T>(column: string, list: readonly T[]): (T | undefined)[] {
  return Array.from(column, (character) => list[INDEXES.indexOf(character)]);
}
