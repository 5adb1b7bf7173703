import { Counter, Histogram, type Registry } from 'prom-client';
import type { RequestInfo } from '../../kube/connection.ts';
import type { Contact } from '../../kube/contact.ts';
import type { Informer } from '../../kube/informer.ts';
import { HUB_CLUSTER } from '../../model/site.ts';
import { type Sample, showGauge } from './families.ts';

/** Counts requests to Kubernetes, whichever cluster's; once a process. */
export function countRequests(metrics: Registry): (request: RequestInfo) => void {
  const requests = new Counter({
    name: 'fog_rollouts_kube_requests_total',
    help: 'Requests to the Kubernetes API',
    labelNames: ['verb', 'type', 'code'],
    registers: [metrics],
  });
  const seconds = new Histogram({
    name: 'fog_rollouts_kube_request_seconds',
    help: 'Time of requests to the Kubernetes API, watches left out',
    labelNames: ['verb', 'type'],
    registers: [metrics],
  });
  return ({ verb, type, code, seconds: taken }) => {
    requests.inc({ verb, type, code: String(code) });
    if (verb !== 'watch') seconds.observe({ verb, type }, taken);
  };
}

/** A watch, and the cluster it is of. */
export interface NamedWatch {
  cluster: string;
  watch: Pick<Informer<never>, 'type' | 'contact'>;
}

/** Whose cluster a watch is of: the hub's, or one of the many that sites are on, which are not told apart. */
type Whose = 'hub' | 'sites';

/** Shows of watches how old what they know may be at most, and how many are open; once a process. */
export function showWatches(metrics: Registry, watches: () => NamedWatch[]): void {
  const labels = ['cluster', 'type'];
  const age = {
    name: 'fog_rollouts_watch_age_seconds',
    help: 'Time since the watch that has waited longest heard of its API server',
    labels,
  };
  showGauge(metrics, age, () =>
    grouped(watches()).flatMap(([of, contacts]): Sample[] => {
      const ages = contacts.flatMap(({ ageMs }) => (ageMs === undefined ? [] : [ageMs]));
      return ages.length > 0 ? [[of, Math.max(...ages) / 1000]] : [];
    }),
  );
  const count = {
    name: 'fog_rollouts_watches',
    help: 'Watches of API servers that are open, or cut off',
    labels: [...labels, 'state'],
  };
  showGauge(metrics, count, () =>
    grouped(watches()).flatMap(([of, contacts]): Sample[] => {
      const open = contacts.filter(({ isOpen }) => isOpen).length;
      return [
        [{ ...of, state: 'open' }, open],
        [{ ...of, state: 'cut_off' }, contacts.length - open],
      ];
    }),
  );
}

function grouped(watches: NamedWatch[]): [of: { cluster: Whose; type: string }, Contact[]][] {
  const whose = ({ cluster }: NamedWatch): Whose => (cluster === HUB_CLUSTER ? 'hub' : 'sites');
  const groups = Map.groupBy(watches, (one) => `${whose(one)} ${one.watch.type}`);
  return [...groups.values()].map((all) => [
    { cluster: whose(all[0]!), type: all[0]!.watch.type },
    all.map(({ watch }) => watch.contact),
  ]);
}
