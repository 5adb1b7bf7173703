import type { KubeClient } from '../../kube/client.ts';
import type { Clock } from '../../kube/clock.ts';
import type { SecretFault } from '../../model/fleet/topology.ts';
import { siteOf } from '../../model/site.ts';
import type { FogSite } from '../../model/types.ts';
import {
  KubeconfigSecretError,
  type KubeconfigSecretRules,
  readKubeconfigSecret,
  secretKeyOf,
} from '../../observed/kubeconfig-secret.ts';

/** How long what was read is believed, in ms: a fault is being put right by somebody, what works only expires. */
const FAULTY_MS = 30_000;
const GOOD_MS = 5 * 60_000;
/** How many Secrets are read at once. */
const LANES = 8;

interface Reading {
  at: number;
  fault: SecretFault | undefined;
}

/** What is wrong with the Secrets that sites name; they are read again from time to time, not watched. */
export class KubeconfigSecrets {
  private readonly client: KubeClient;
  private readonly rules: KubeconfigSecretRules;
  private readonly clock: Clock;
  /** By the name of the cluster that a Secret leads to. */
  private readonly readings = new Map<string, Reading>();

  constructor(client: KubeClient, rules: KubeconfigSecretRules, clock: Clock) {
    this.client = client;
    this.rules = rules;
    this.clock = clock;
  }

  /**
   * Reads what these sites name and was not read lately.
   *
   * @returns faults by the name of the cluster
   * @throws KubeconfigSecretError when the API server cannot be reached
   */
  async faults(sites: readonly FogSite[], signal: AbortSignal): Promise<Map<string, SecretFault>> {
    const wanted = new Set(sites.filter(namesSecret).map((site) => siteOf(site).cluster));
    for (const cluster of this.readings.keys()) if (!wanted.has(cluster)) this.readings.delete(cluster);
    const due = [...wanted].filter((cluster) => this.dueIn(this.readings.get(cluster)) <= 0);
    const lane = async () => {
      for (let next = due.shift(); next; next = due.shift()) {
        this.readings.set(next, { fault: await this.faultOf(next, signal), at: this.clock.now() });
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    return new Map([...this.readings].flatMap(([cluster, { fault }]) => (fault ? [[cluster, fault]] : [])));
  }

  /** The site was changed, perhaps because its Secret was: what it names is read again. */
  forget(site: FogSite): void {
    if (namesSecret(site)) this.readings.delete(siteOf(site).cluster);
  }

  /** ms until something should be read again; undefined when no site names a Secret. */
  get nextMs(): number | undefined {
    if (this.readings.size === 0) return undefined;
    return Math.max(
      0,
      [...this.readings.values()].reduce((least, reading) => Math.min(least, this.dueIn(reading)), GOOD_MS),
    );
  }

  private dueIn(reading: Reading | undefined): number {
    return reading ? reading.at + (reading.fault ? FAULTY_MS : GOOD_MS) - this.clock.now() : 0;
  }

  private async faultOf(cluster: string, signal: AbortSignal): Promise<SecretFault | undefined> {
    try {
      await readKubeconfigSecret(this.client, this.rules, secretKeyOf(cluster)!, { signal });
      return undefined;
    } catch (error) {
      if (!(error instanceof KubeconfigSecretError) || error.reason === undefined) throw error;
      return { reason: error.reason, message: error.message };
    }
  }
}

function namesSecret({ spec }: FogSite): boolean {
  return spec.cluster?.kubeconfigSecretRef !== undefined && spec.taskQueue === undefined;
}
