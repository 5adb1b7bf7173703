/** A real HTTP server that keeps what it is told, for tests of those who tell. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CloudEvent } from '../../model/notifications/cloud-event.ts';

export interface Heard {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** What was answered. */
  status: number;
}

type Answer = number | { status: number; headers?: Record<string, string> } | 'nothing';

export class Webhooks {
  readonly heard: Heard[] = [];
  /** What is answered at a path; asked for each request. */
  answer: (path: string, body: string) => Answer | Promise<Answer> = () => 200;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<Webhooks> {
    const server = createServer();
    const hooks = new Webhooks(server);
    server.on('request', async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      const path = request.url!;
      const answer = await hooks.answer(path, body);
      if (answer === 'nothing') return;
      const { status, headers = {} } = typeof answer === 'number' ? { status: answer } : answer;
      hooks.heard.push({ path, headers: request.headers, body, status });
      response.writeHead(status, headers).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return hooks;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What was taken at a path, of one rollout. */
  taken(path: string, rollout: string): CloudEvent[] {
    return this.heard
      .filter((one) => one.path === path && one.status < 300)
      .map(({ body }) => JSON.parse(body) as CloudEvent)
      .filter(({ data }) => data.name === rollout);
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
