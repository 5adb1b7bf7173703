/** What the requests for pages have in common, whatever is listed. */
import { badField } from '../problems.ts';
import { REQUIREMENTS } from '../schemas/parameters.ts';

/**
 * Where a page begins.
 *
 * @param read - undefined for a token that is none of the list's
 * @throws a Problem: 400 where it is not one of ours
 */
export function afterOf<P>(token: string | undefined, read: (token: string) => P | undefined): P | undefined {
  if (token === undefined) return undefined;
  const position = read(token);
  if (position === undefined) throw badField({ field: 'continue', in: 'query', message: REQUIREMENTS.continue! });
  return position;
}

/** What the schema has let through: words with commas between them; undefined where there is nothing to choose by. */
export function wordsOf<Word extends string>(given: string[] | undefined, all: readonly Word[]): Set<Word> | undefined {
  const words = given?.flatMap((one) => one.split(','));
  return words && new Set(all.filter((word) => words.includes(word)));
}
