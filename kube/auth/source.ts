import type { ConnectionOptions } from 'node:tls';

/** A header's value; several values are as many headers of that name. */
export type Headers = Record<string, string | string[]>;

/** What a request needs to be let in. `tlsId` changes exactly when `tls` does. */
export interface Credentials {
  headers: Headers;
  tls: ConnectionOptions;
  tlsId: string;
}

/** What one source adds to the credentials; PEM, where it is about certificates. */
export interface Grant {
  headers?: Headers;
  ca?: string;
  cert?: string;
  key?: string;
}

/** One place that credentials come from. Each keeps what it gave, by its own rule for how long that holds. */
export interface CredentialSource {
  /** Whether what it gave last still holds, so that {@link get} need not be asked. */
  readonly isFresh: boolean;
  /** What it gives now. @throws Error in words for people, without anything that is secret */
  get(): Promise<Grant>;
  /**
   * The server answered 401 to what it gave.
   * @returns whether asking anew may give something else
   */
  refused(): boolean;
  /** There was no answer: files of certificates may have been replaced. */
  unanswered(): void;
}

/** A source of what was written into the kubeconfig itself. */
export class FixedSource implements CredentialSource {
  readonly isFresh = true;
  readonly #grant: Grant;

  constructor(grant: Grant) {
    this.#grant = grant;
  }

  async get(): Promise<Grant> {
    return this.#grant;
  }

  refused(): boolean {
    return false;
  }

  unanswered(): void {}
}

/** The header of a bearer token. */
export function bearer(token: string): Headers {
  return { authorization: `Bearer ${token}` };
}
