import type { KubeClient } from '../../../../kube/client.ts';
import { KubeError } from '../../../../kube/errors.ts';
import { silentLog } from '../../../../kube/log.ts';
import type { KubeObject } from '../../../../kube/resources.ts';
import type { FogSite } from '../../../../model/types.ts';
import type { JsonPatch } from '../../../../watcher/sites/status.ts';
import { NAMESPACE_INDEX, namespaceIndex, runSites } from '../../../../watcher/sites/watch.ts';
import { FakeClock, settle } from '../../kube/fakeclock.ts';
import { aSite } from '../../model/fleet/sites.ts';
import { Shelf } from '../shelf.ts';

/** The watcher of sites with an API server that takes every patch of a condition or count, or refuses it when told to. */
export class SiteWorld {
  readonly clock = new FakeClock();
  readonly deployments = new Shelf<KubeObject>({ [NAMESPACE_INDEX]: namespaceIndex });
  /** Names of the sites whose status was written, in order. */
  readonly writes: string[] = [];
  /** Codes of the next answers to a patch. */
  readonly refusals: number[] = [];
  secretReads = 0;
  readonly #sites = new Shelf<FogSite & KubeObject>();
  readonly #stop = new AbortController();
  #version = 100;
  #ended: Promise<void> | undefined;

  /** Begins to watch, and lets the first judgement happen. */
  async start(): Promise<void> {
    this.#ended = runSites(
      {
        client: { patch: this.#patch, get: this.#get } as unknown as KubeClient,
        sites: this.#sites.informer,
        deployments: this.deployments.informer as never,
        namespace: 'fog',
        log: silentLog,
        clock: this.clock,
      },
      this.#stop.signal,
    );
    await this.clock.advance(200);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
    await settle();
  }

  put(name: string, wishes?: Parameters<typeof aSite>[1]): void {
    const site = aSite(name, wishes);
    const status = wishes?.status ?? this.site(name)?.status;
    const metadata = { ...site.metadata, resourceVersion: `${++this.#version}` };
    this.#sites.put({ ...site, metadata, ...(status && { status }) });
  }

  remove(name: string): void {
    this.#sites.remove(name);
  }

  release(namespace: string, name: string): void {
    this.deployments.put({ metadata: { namespace, name, uid: name, resourceVersion: '1' } });
  }

  site(name: string): FogSite | undefined {
    return this.#sites.get(undefined, name);
  }

  /** The reason of a site's Ready condition. */
  reason(name: string): string | undefined {
    return this.site(name)?.status?.conditions?.find(({ type }) => type === 'Ready')?.reason;
  }

  readonly #get = async () => {
    this.secretReads++;
    throw new KubeError({ request: 'GET secrets', code: 404 });
  };

  readonly #patch = async (_type: unknown, { name }: { name: string }, { body }: { body: JsonPatch }) => {
    const code = this.refusals.shift();
    if (code) throw new KubeError({ request: `PATCH ${name}`, code });
    this.writes.push(name);
    const site = structuredClone(this.site(name)!);
    const status = site.status ?? {};
    site.status = status;
    for (const { op, path, value } of body) {
      if (op === 'test' || path === '/status') continue;
      if (path === '/status/releases') status.releases = value as number;
      else status.conditions = [Array.isArray(value) ? value[0] : value];
    }
    site.metadata.resourceVersion = `${++this.#version}`;
    this.#sites.put(site as FogSite & KubeObject);
  };
}
