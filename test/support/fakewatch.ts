import type { ServerResponse } from 'node:http';
import type { KubeObject } from '../../kube/resources.ts';

/** One open watch, and the ways in which it can go wrong. */
export class FakeWatch {
  readonly #response: ServerResponse;
  readonly matches: (object: KubeObject) => boolean;
  readonly from: number;
  #silent = false;

  constructor(response: ServerResponse, from: number, matches: (object: KubeObject) => boolean) {
    this.#response = response;
    this.from = from;
    this.matches = matches;
  }

  send(type: string, object: unknown): void {
    if (!this.#silent) this.#response.write(`${JSON.stringify({ type, object })}\n`);
  }

  /** A line that need be no event. */
  say(line: string): void {
    this.#response.write(`${line}\n`);
  }

  /** Goes silent without closing, as a connection whose other side is gone unnoticed. */
  freeze(): void {
    this.#silent = true;
  }

  /** Breaks the connection after half an event. */
  cutMidLine(): void {
    this.#silent = true;
    this.#response.write('{"type":"MODIFIED","object":{"metadata":{"na');
    setImmediate(() => this.#response.socket?.resetAndDestroy());
  }

  /** Ends the answer properly, but after half an event. */
  endMidLine(): void {
    this.#end('{"type":"MODIFIED","obj');
  }

  /** Ends as the API server does after timeoutSeconds. */
  end(): void {
    this.#end();
  }

  /** An ERROR event, then the end. */
  fail(code: number, reason: string): void {
    this.send('ERROR', { kind: 'Status', code, reason, message: `fake ${reason}` });
    this.#end();
  }

  #end(lastWords = ''): void {
    this.#silent = true;
    this.#response.end(lastWords);
  }
}
