import type { LayerContent } from '../model/types.ts';

/** Characters of all content that is remembered; the least recently used goes first. */
const MOST = 32 * 1024 * 1024;

/** What a worker was given to give its sites, by its hash: content travels once a worker, not once a site. */
export class ContentCache {
  private readonly known = new Map<string, { content: LayerContent; size: number }>();
  private size = 0;

  /** @param given - remembered where it is there */
  get(hash: string, given?: LayerContent): LayerContent | undefined {
    const before = this.known.get(hash);
    const known = given ? { content: given, size: JSON.stringify(given).length } : before;
    if (!known) return undefined;
    if (before) this.size -= before.size;
    this.known.delete(hash); // to the end of the order
    this.known.set(hash, known);
    this.size += known.size;
    for (const [oldest, { size }] of this.known) {
      if (this.size <= MOST || oldest === hash) break;
      this.known.delete(oldest);
      this.size -= size;
    }
    return known.content;
  }
}
