import { Counter, type Registry } from 'prom-client';
import type { MeteredQueue, WatcherMeters } from '../../watcher/meters.ts';
import { REPAIR_KINDS } from '../../watcher/repair-pacer.ts';
import { type Sample, showGauge } from './families.ts';

/** What is shown of a watcher; once a process. */
export function meterWatcher(metrics: Registry, { leads }: { leads(): boolean }): WatcherMeters {
  const repairs = new Counter({
    name: 'fog_rollouts_repairs_total',
    help: 'Repairs that were begun, by what for',
    labelNames: ['kind'],
    registers: [metrics],
  });
  for (const kind of REPAIR_KINDS) repairs.inc({ kind }, 0);
  const queues = new Map<string, MeteredQueue>();
  let isAway = false;
  const show = (name: string, help: string, read: () => Sample[], ...labels: string[]) =>
    showGauge(metrics, { name: `fog_rollouts_${name}`, help, labels }, read);
  const showQueues = (name: string, help: string, read: (queue: MeteredQueue) => number) =>
    show(name, help, () => (leads() ? [...queues].map(([queue, one]) => [{ queue }, read(one)]) : []), 'queue');

  show('leader', 'Whether this watcher leads (1) or stands by (0)', () => [[{}, Number(leads())]]);
  show('temporal_away', 'Whether Temporal does not answer, though runs wait for it', () =>
    leads() ? [[{}, Number(isAway)]] : [],
  );
  showQueues('queue_depth', 'FogRollouts that wait in a queue of the watcher', ({ length }) => length);
  showQueues('queue_active', 'FogRollouts that are being handled', ({ active }) => active);
  showQueues('queue_failing', 'FogRollouts that could not be handled, and are tried again', ({ failing }) => failing);
  showQueues('queue_oldest_seconds', 'How long the first in line has waited', ({ oldestMs }) => oldestMs / 1000);
  return {
    repaired: (kind) => repairs.inc({ kind }),
    queue: (name, queue) => queues.set(name, queue),
    temporalAway(now) {
      isAway = now;
    },
  };
}
