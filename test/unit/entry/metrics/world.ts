/** All that a process of every role says of itself, with objects whose names are looked for in it. */
import { pino } from 'pino';
import { createBaseApp } from '../../../../api/base.ts';
import { useStreamGauge } from '../../../../api/plugins/request-metrics.ts';
import { showCensus } from '../../../../entry/metrics/census.ts';
import { countEnds } from '../../../../entry/metrics/ends.ts';
import { countRequests, showWatches } from '../../../../entry/metrics/kube.ts';
import { meterNotifications } from '../../../../entry/metrics/notifications.ts';
import { JoinedRegistry } from '../../../../entry/metrics/page.ts';
import { showParts } from '../../../../entry/metrics/parts.ts';
import { timeSites } from '../../../../entry/metrics/site-times.ts';
import { meterWatcher } from '../../../../entry/metrics/watcher.ts';
import { PartsReadiness } from '../../../../entry/readiness.ts';
import { Contact } from '../../../../kube/contact.ts';
import { silentLog } from '../../../../kube/log.ts';
import { WorkQueue } from '../../../../kube/queue.ts';
import type { FogRollout, FogRolloutStatus, FogShard, FogSite } from '../../../../model/types.ts';
import { FakeClock } from '../../kube/fakeclock.ts';
import { aLayer, aRollout } from '../../model/builders.ts';
import { aShard } from '../../model/fleet/shard-records.ts';
import { aSite } from '../../model/fleet/sites.ts';

/** In no label of any metric. */
export const NAMES = ['web', 'shop', 'edge-0-0', 'mill', 'a-reason-of-mill'];

const AT = '2026-01-01T00:00:00Z';
const LATER = '2026-01-01T00:00:10Z';
const run = { workflowId: 'w', runId: 'r', startedAt: AT, reports: 1 };
const revision = { generation: 4, version: 'v1', hash: 'h' };
const condition = { observedGeneration: 4, lastTransitionTime: LATER, message: 'edge web: no', reason: NAMES[4]! };

const BEGUN: FogRolloutStatus = {
  ...{ observedGeneration: 3, phase: 'Progressing', run, revision },
  layers: [aLayer('cloud', { phase: 'Progressing', startedAt: AT })],
  gates: [{ layer: 'edge', at: 'before', name: 'web', state: 'Closed', message: '', since: AT }],
};
const ENDED: FogRolloutStatus = {
  ...BEGUN,
  phase: 'Failed',
  layers: [
    aLayer('cloud', { phase: 'Ready', startedAt: AT, finishedAt: LATER }),
    aLayer('edge', { phase: 'Failed', startedAt: LATER, finishedAt: LATER }),
  ],
  failures: [{ site: 'edge', layer: 'edge', reason: NAMES[4]!, message: 'no' }],
  conditions: [
    { type: 'Ready', status: 'False', ...condition },
    { type: 'Stalled', status: 'True', ...condition },
  ],
};

/** Objects that a test changes. */
function changing<T>(...objects: T[]) {
  const handlers: { onUpdate(old: T, now: T): void }[] = [];
  return {
    list: () => objects,
    subscribe(one: { onUpdate(old: T, now: T): void }) {
      handlers.push(one);
      return () => void handlers.splice(handlers.indexOf(one), 1);
    },
    change: (old: T, now: T) => {
      for (const { onUpdate } of handlers) onUpdate(old, now);
    },
  };
}

/** @param leads - whether its watcher does */
export async function aProcess({ leads = true }: { leads?: boolean } = {}) {
  const metrics = new JoinedRegistry(() => undefined, silentLog);
  const clock = new FakeClock();
  const readiness = new PartsReadiness();
  readiness.waitFor('temporal', 'no connection to web');
  showParts(metrics, readiness);
  countRequests(metrics)({ verb: 'get', type: 'fogsites.paguos.io', code: 200, seconds: 0.1 });
  const contact = new Contact(clock);
  contact.heard();
  showWatches(metrics, () => [{ cluster: 'secret/mill/kubeconfig', watch: { type: 'deployments.apps', contact } }]);
  const rollouts = changing<FogRollout>(aRollout({}, BEGUN), aRollout({}, ENDED));
  const sites = changing<FogSite>(aSite('mill'));
  const shards = changing<FogShard>();
  showCensus(metrics, { rollouts, sites, speaks: () => leads });
  const meters = meterWatcher(metrics, { leads: () => leads });
  meters.queue('changes', new WorkQueue({ clock }));
  meters.repaired('drift');
  const sinks = meterNotifications(metrics, { sinks: ['chat'], leads: () => leads });
  sinks.told('chat', 'delivered');
  sinks.waiting('chat', () => [Date.now() - 60_000]);
  timeSites(metrics)({ name: 'mill', layer: 'edge', namespace: 'shop', cluster: 'mill' }, 3);
  const stop = new AbortController();
  countEnds(metrics)({ rollouts, shards }, stop.signal);
  const app = createBaseApp({ logger: pino({ level: 'silent' }), metrics });
  useStreamGauge(metrics, { size: 1 });
  app.get('/rollouts/:name', async () => ({}));
  await app.inject('/rollouts/web');
  await app.close();
  return {
    metrics,
    stop: () => stop.abort(),
    /** A run ends, and a site fails. */
    async end() {
      rollouts.change(aRollout({}, BEGUN), aRollout({}, ENDED));
      const notes = [{ site: 'edge-0-0', reason: NAMES[4]!, message: '' }];
      shards.change(aShard('i'), aShard('f', { notes }));
    },
    /** Of a metric, the lines that are not zero. */
    async series(name: string): Promise<string[]> {
      const lines = (await metrics.metrics()).split('\n');
      return lines.filter((line) => new RegExp(`^${name}[ {]`).test(line) && !line.endsWith(' 0'));
    },
  };
}
