/** What gates are asked with, and whom. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createGateActivities, type GateDeps } from '../../../../activities/gates/gates.ts';
import { createGateOutside } from '../../../../activities/gates/outside.ts';
import { KubeClient } from '../../../../kube/client.ts';
import { KubeConnection } from '../../../../kube/connection.ts';
import type { Outside } from '../../../../kube/outside.ts';
import { tokenOf } from '../../../../model/gates/asked.ts';
import type { AskGateInput } from '../../../../model/gates/asking.ts';
import type { GateReply, Heard, Unsettled } from '../../../../model/gates/kind.ts';
import type { Gate } from '../../../../model/types.ts';
import { FakeKube } from '../../../support/fakekube.ts';

export const OWNER = { namespace: 'shop', name: 'web', uid: 'uid-1', created: '2026-11-22T10:00:00Z' };

export function anAsking(gate: Gate): AskGateInput {
  const asking = {
    layer: 'edge',
    at: 'before',
    name: 'change-board',
    since: '2020-11-22T11:00:00.250Z',
    gate,
  } as const;
  return {
    ...asking,
    owner: OWNER,
    revision: { generation: 4, version: 'v2', hash: 'hash' },
    token: tokenOf(OWNER, asking),
  };
}

/** Of an activity; says nothing of its failures, which are the tests' own. */
export function anEnvironment(info: ConstructorParameters<typeof MockActivityEnvironment>[0] = {}) {
  return new MockActivityEnvironment(info, { logger: new DefaultLogger('ERROR') });
}

/** What gates are asked with: as much of it as the test has. */
export function aGates(deps: Partial<GateDeps>): GateDeps {
  return deps as GateDeps;
}

/** What each test of a file has of its own: a hub, and what asks beyond it. */
export function surroundings(): { hub: FakeKube; client: KubeClient; outside: Outside } {
  const around = {} as ReturnType<typeof surroundings>;
  beforeEach(async () => {
    around.hub = await FakeKube.start();
    const connection = new KubeConnection(around.hub.kubeConfig());
    around.client = new KubeClient(connection, { fieldManager: 'fog-rollouts' });
    around.outside = createGateOutside({ allowedHosts: ['127.0.0.1'] });
  });
  afterEach(async () => {
    await around.outside.close();
    await around.client.connection.close();
    await around.hub.stop();
  });
  return around;
}

/** @param heard - what was told of it before */
interface How {
  ageMs?: number;
  environment?: MockActivityEnvironment;
  heard?: Heard;
}

/** Asks once, as an activity that was scheduled so long ago. @throws also what people would be shown, as it is tried again then */
export async function ask(gate: Gate, deps: GateDeps, how: How = {}): Promise<GateReply> {
  const reply = await word(gate, deps, how);
  if (reply.state === 'Closed') throw ApplicationFailure.retryable(reply.message);
  return reply;
}

/** The same, where something may be to be shown. */
export async function word(
  gate: Gate,
  deps: GateDeps,
  { ageMs = 0, environment, heard }: How = {},
): Promise<GateReply | Unsettled> {
  const env = environment ?? anEnvironment({ scheduledTimestampMs: Date.now() - ageMs });
  const { askGate } = createGateActivities(deps);
  const input = { ...anAsking(gate), ...(heard && { heard }) };
  return (await env.run<[AskGateInput], GateReply | Unsettled, typeof askGate>(askGate, input)) as
    | GateReply
    | Unsettled;
}

/** Nobody waits for what {@link ask} has begun. */
export async function withdraw(gate: Gate, deps: GateDeps): Promise<void> {
  await anEnvironment().run(createGateActivities(deps).withdrawGate, anAsking(gate));
}

export interface Asked {
  request: IncomingMessage;
  body: string;
}

/** Somebody who is asked by HTTP, on a loopback port. */
export class Answerer {
  readonly seen: Asked[] = [];
  private readonly server: Server;

  private constructor(answer: (asked: Asked, response: ServerResponse) => void) {
    this.server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      const asked = { request, body };
      this.seen.push(asked);
      answer(asked, response);
    });
  }

  static async start(answer: (asked: Asked, response: ServerResponse) => void): Promise<Answerer> {
    const answerer = new Answerer(answer);
    await new Promise<void>((resolve) => answerer.server.listen(0, '127.0.0.1', resolve));
    return answerer;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
