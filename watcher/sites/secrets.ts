import type { V1Secret } from '@kubernetes/client-node';
import type { KubeClient } from '../../kube/client.ts';
import type { Clock } from '../../kube/clock.ts';
import { isForbidden, isNotFound, KubeConnectionError, messageOf } from '../../kube/errors.ts';
import { loadForeignKubeconfig } from '../../kube/kubeconfig-rules.ts';
import { type KubeObject, SECRETS } from '../../kube/resources.ts';
import type { SecretFault } from '../../model/fleet/topology.ts';
import { siteOf } from '../../model/site.ts';
import type { FogSite } from '../../model/types.ts';

/** How long what was read is believed, in ms: a fault is being put right by somebody, what works only expires. */
const FAULTY_MS = 30_000;
const GOOD_MS = 5 * 60_000;
/** How many Secrets are read at once. */
const LANES = 8;

interface Look {
  at: number;
  fault: SecretFault | undefined;
}

/** What is wrong with the Secrets that sites name; they are read again from time to time, not watched. */
export class KubeconfigSecrets {
  private readonly client: KubeClient;
  private readonly namespace: string;
  private readonly clock: Clock;
  /** By the name of the cluster that a Secret leads to. */
  private readonly looks = new Map<string, Look>();

  /** @param namespace - of the Secrets */
  constructor({ client, namespace, clock }: { client: KubeClient; namespace: string; clock: Clock }) {
    this.client = client;
    this.namespace = namespace;
    this.clock = clock;
  }

  /**
   * Reads what these sites name and was not read lately.
   *
   * @returns faults by the name of the cluster
   * @throws KubeConnectionError when the API server cannot be reached
   */
  async faults(sites: readonly FogSite[], signal: AbortSignal): Promise<Map<string, SecretFault>> {
    const wanted = new Map(sites.flatMap((site) => (refOf(site) ? [[siteOf(site).cluster, refOf(site)!]] : [])));
    for (const cluster of this.looks.keys()) if (!wanted.has(cluster)) this.looks.delete(cluster);
    const due = [...wanted].filter(([cluster]) => this.dueIn(this.looks.get(cluster)) <= 0);
    const lane = async () => {
      for (let next = due.shift(); next; next = due.shift()) {
        const [cluster, ref] = next;
        this.looks.set(cluster, { fault: await this.faultOf(ref, signal), at: this.clock.now() });
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    return new Map([...this.looks].flatMap(([cluster, { fault }]) => (fault ? [[cluster, fault]] : [])));
  }

  /** The site was changed, perhaps because its Secret was: what it names is read again. */
  forget(site: FogSite): void {
    if (refOf(site)) this.looks.delete(siteOf(site).cluster);
  }

  /** ms until something should be read again; undefined when no site names a Secret. */
  get nextMs(): number | undefined {
    if (this.looks.size === 0) return undefined;
    return Math.max(
      0,
      [...this.looks.values()].reduce((least, look) => Math.min(least, this.dueIn(look)), GOOD_MS),
    );
  }

  private dueIn(look: Look | undefined): number {
    return look ? look.at + (look.fault ? FAULTY_MS : GOOD_MS) - this.clock.now() : 0;
  }

  private async faultOf({ name, key }: SecretRef, signal: AbortSignal): Promise<SecretFault | undefined> {
    const secret = `Secret ${this.namespace}/${name}`;
    let data: V1Secret['data'];
    try {
      ({ data } = await this.client.get<V1Secret & KubeObject>(
        SECRETS,
        { namespace: this.namespace, name },
        { signal },
      ));
    } catch (error) {
      if (isNotFound(error))
        return missing(`${secret} does not exist; create it with a kubeconfig under the key ${key}`);
      if (error instanceof KubeConnectionError || signal.aborted) throw error;
      const cure = isForbidden(error) ? '; the value sites.kubeconfigSecrets of the chart allows it' : '';
      return { reason: 'SecretUnreadable', message: `${secret} cannot be read: ${messageOf(error)}${cure}` };
    }
    const text = data?.[key];
    if (text === undefined) return missing(`${secret} has no key ${key}`);
    try {
      loadForeignKubeconfig(Buffer.from(text, 'base64').toString());
      return undefined;
    } catch (error) {
      return { reason: 'KubeconfigInvalid', message: `${secret}, key ${key}: ${messageOf(error)}` };
    }
  }
}

interface SecretRef {
  name: string;
  key: string;
}

function refOf({ spec }: FogSite): SecretRef | undefined {
  const ref = spec.cluster?.kubeconfigSecretRef;
  return ref && { name: ref.name, key: ref.key ?? 'kubeconfig' };
}

function missing(message: string): SecretFault {
  return { reason: 'SecretMissing', message };
}
