/** What JSON that anybody may have sent is made of. Pure. */

/** The fields of a T, as whoever sent it filled them. */
export type Unchecked<T> = { [K in keyof T]?: unknown };

export function isAtLeast(least: number, value: unknown): boolean {
  return typeof value === 'number' && value >= least;
}

/** Seconds that a time can be reckoned with: with more there is no date, which is an error in whatever asks for it. */
export function isDuration(value: unknown): boolean {
  return isAtLeast(0, value) && (value as number) <= LONGEST_SECONDS;
}

/** As in the schema, where they are whole numbers of 32 bits. */
const LONGEST_SECONDS = 2_147_483_647;

export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

export function isListOf(list: unknown, fits: (item: unknown) => boolean): boolean {
  return Array.isArray(list) && list.every(fits);
}

export function isRecordOf(record: unknown, fits: (value: unknown) => boolean): boolean {
  return isFields<object>(record) && Object.values(record).every(fits);
}

export function isFields<T>(value: unknown): value is Unchecked<T> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
