import { sleep } from '../../../kube/clock.ts';
import { KubeConnectionError, KubeError } from '../../../kube/errors.ts';
import type { Lease, LeaseClient } from '../../../kube/leaserecord.ts';
import type { ResourceType } from '../../../kube/resources.ts';
import type { FakeClock } from './fakeclock.ts';

/** How a candidate's network treats its requests. `deaf`: the request arrives, the answer does not. */
export type Network = 'good' | 'refused' | 'hangs' | 'deaf' | 'slow';

/** One Lease in one API server, and candidates' networks to it. */
export class LeaseStore {
  lease: Lease | undefined;
  #version = 0;
  readonly #clock: FakeClock;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  /** @param network asked at each request */
  client(network: () => Network): LeaseClient {
    const call = async <T>(act: () => T, { signal, timeoutMs = 30_000 }: CallOptions = {}): Promise<T> => {
      const how = network();
      if (how === 'refused') throw new KubeConnectionError('LEASE', 'refused');
      if (how === 'slow') await sleep(this.#clock, 1500, signal);
      if (how === 'good' || how === 'slow') return structuredClone(act());
      if (how === 'deaf') act();
      await sleep(this.#clock, timeoutMs, signal);
      throw new KubeConnectionError('LEASE', 'timed out', { timedOut: true });
    };
    return {
      get: (_type: ResourceType, _ref: unknown, options?: CallOptions) => call(() => this.#get(), options),
      create: (_type: ResourceType, lease: Lease, options?: CallOptions) => call(() => this.#create(lease), options),
      replace: (_type: ResourceType, lease: Lease, options?: CallOptions) => call(() => this.#replace(lease), options),
    } as unknown as LeaseClient;
  }

  #get(): Lease {
    if (!this.lease) throw refuse(404, 'NotFound');
    return this.lease;
  }

  #create(lease: Lease): Lease {
    if (this.lease) throw refuse(409, 'AlreadyExists');
    return this.#store(lease);
  }

  #replace(lease: Lease): Lease {
    const version = this.#get().metadata.resourceVersion;
    if (version !== lease.metadata.resourceVersion) throw refuse(409, 'Conflict');
    return this.#store(lease);
  }

  #store(lease: Lease): Lease {
    const metadata = { ...lease.metadata, resourceVersion: `${++this.#version}` };
    this.lease = structuredClone({ ...lease, metadata });
    return this.lease;
  }
}

interface CallOptions {
  signal?: AbortSignal;
  timeoutMs?: number;
}

function refuse(code: number, reason: string): KubeError {
  return new KubeError({ request: 'LEASE', code, status: { kind: 'Status', code, reason } });
}
