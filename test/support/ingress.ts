/** An Ingress that gives an API a path of its own, which it takes away before it hands requests on. */
import { request as ask, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Ingress {
  /** e.g. `http://127.0.0.1:41234/fog`. */
  address: string;
  /** Paths that came without it. */
  astray: string[];
  close(): void;
}

export async function startIngress(target: string, path: string): Promise<Ingress> {
  const astray: string[] = [];
  const server = createServer((request, response) => {
    const { url = '', method, headers } = request;
    if (!url.startsWith(`${path}/`)) {
      astray.push(url);
      response.writeHead(404).end();
      return;
    }
    const onward = ask(`${target}${url.slice(path.length)}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    astray,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
