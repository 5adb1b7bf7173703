/** Lists whose pages are asked for by a token; a name with a version: an older API's tokens are refused rather than misread. */
export type PagedList = 'rollouts1' | 'sites1';

/** The key of a page's last object, as clients hand it back: not to be read, and safe in a URL. */
export function pageToken(list: PagedList, key: string): string {
  return Buffer.from(`${list} ${key}`).toString('base64url');
}

/** Inverse of {@link pageToken}; undefined for any other text, and for a token of another list. */
export function keyInToken(list: PagedList, token: string): string | undefined {
  const text = Buffer.from(token, 'base64url').toString();
  const key = text.slice(list.length + 1);
  return key !== '' && pageToken(list, key) === token ? key : undefined;
}
