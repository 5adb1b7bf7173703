/** What `npm run pin-checksums` writes down: a SHA-256 for every download that the catalogue offers. */
import { reasonOf } from '../errors.ts';
import type { Download } from './catalog.ts';
import { publishedSum, servedSum } from './download.ts';

export interface Pins {
  /** SHA-256 by address, sorted: those that were known, and those that are new. Addresses nobody offers any more are gone. */
  pins: Record<string, string>;
  /** For people, a line each: what is new, and where it is from. */
  news: string[];
  /** What could not be had, and what is not what it was: a release's file never changes. */
  problems: string[];
}

/** Asks the publishers; where one states no checksum, the file itself is read, and trusted from then on. */
export async function pinsOf(downloads: Download[]): Promise<Pins> {
  const found: Pins = { pins: {}, news: [], problems: [] };
  for (const download of downloads.toSorted((a, b) => (a.url < b.url ? -1 : 1))) await pin(download, found);
  return found;
}

async function pin(download: Download, { pins, news, problems }: Pins): Promise<void> {
  const { url, checksumUrl, sha256: known } = download;
  if (known) pins[url] = known;
  try {
    const sum = checksumUrl ? await publishedSum(download) : await servedSum(url);
    if (known && known !== sum) problems.push(`${url} has ${sum} now, but ${known} is pinned`);
    if (known) return;
    pins[url] = sum;
    news.push(`${url}: from ${checksumUrl ?? 'the file itself, for its publisher states none'}`);
  } catch (error) {
    problems.push(reasonOf(error));
  }
}
