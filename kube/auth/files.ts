import { readFile } from 'node:fs/promises';
import type { Clock } from '../clock.ts';
import { bearer, type CredentialSource, type Grant } from './source.ts';

/**
 * How long the content of a file is used before it is read again, in milliseconds. client-go takes a minute for tokens and
 * five for certificates; a kubelet replaces a token long before it ends, so this is only about how soon that is noticed.
 */
export const FILES_FRESH_MS = 10_000;

/** What a file is for, as errors call it. */
type Purpose = 'token file' | 'client certificate' | 'client key' | 'certificate authority';

/**
 * Files that something else replaces: a ServiceAccount's token, certificates that are renewed. As client-go does, the last
 * content that could be read is used for as long as the file cannot.
 */
export class FileSource implements CredentialSource {
  readonly #read: () => Promise<Grant>;
  readonly #clock: Clock;
  #last: Grant | undefined;
  #readAt = Number.NEGATIVE_INFINITY;

  /**
   * @param read - reads all of its files anew
   * @param last - what counts until they can be read
   */
  constructor(read: () => Promise<Grant>, clock: Clock, last?: Grant) {
    this.#read = read;
    this.#clock = clock;
    this.#last = last;
  }

  get isFresh(): boolean {
    return this.#clock.now() - this.#readAt < FILES_FRESH_MS;
  }

  async get(): Promise<Grant> {
    if (this.#last && this.isFresh) return this.#last;
    try {
      this.#last = await this.#read();
    } catch (error) {
      if (!this.#last) throw error;
    }
    this.#readAt = this.#clock.now();
    return this.#last;
  }

  refused(): boolean {
    this.unanswered();
    return true;
  }

  unanswered(): void {
    this.#readAt = Number.NEGATIVE_INFINITY;
  }
}

/**
 * The bearer token that a file holds.
 * @param instead - counts until the file can be read
 */
export function tokenFile(path: string, clock: Clock, instead?: string): CredentialSource {
  const fallback = instead === undefined ? undefined : { headers: bearer(instead.trim()) };
  return new FileSource(
    async () => {
      // Token files end in a line break as often as not, and a header must not.
      const token = (await contentOf(path, 'token file')).trim();
      if (token === '') throw new Error(`The token file ${path} is empty`);
      return { headers: bearer(token) };
    },
    clock,
    fallback,
  );
}

/** One part of a certificate: PEM in base64 inside the kubeconfig, which counts first, or a file. */
export interface Material {
  purpose: Purpose;
  data?: string | undefined;
  file?: string | undefined;
}

/** Whether something has to be read for it. */
export function isInFile({ data, file }: Material): boolean {
  return !data && Boolean(file);
}

/** The PEM; undefined where there is none. */
export async function pemOf({ data, file, purpose }: Material): Promise<string | undefined> {
  if (data) return Buffer.from(data, 'base64').toString('utf8');
  return file ? await contentOf(file, purpose) : undefined;
}

async function contentOf(path: string, purpose: Purpose): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new Error(`Cannot read the ${purpose} ${path}: ${(cause as NodeJS.ErrnoException).code}`, { cause });
  }
}
