import { afterAll, beforeAll } from '@jest/globals';
import { START_MS, TestServer } from './server.ts';

/**
 * A Temporal server with our worker for all tests of the file: to be called at its top, before its tests are declared.
 *
 * @param dynamicConfig - `key=value` for the server, values as JSON
 * @returns gives the server, to whatever runs as part of a test
 */
export function useServer(...dynamicConfig: string[]): () => TestServer {
  let server: TestServer | undefined;
  beforeAll(async () => {
    server = await TestServer.start(...dynamicConfig);
  }, START_MS);
  afterAll(async () => await server?.stop(), START_MS);
  return () => {
    if (!server) throw new Error('The server has not started: ask for it within a test');
    return server;
  };
}
