import { Counter, type Registry } from 'prom-client';
import { NOTIFICATION_OUTCOMES, type NotificationMeters } from '../../watcher/notifications/meters.ts';
import { type Sample, showGauge } from './families.ts';

/** What is shown of sinks, by their names, which are configured; by who leads alone. Once a process. */
export function meterNotifications(
  metrics: Registry,
  { sinks, leads }: { sinks: readonly string[]; leads(): boolean },
): NotificationMeters {
  const told = new Counter({
    name: 'fog_rollouts_notifications_total',
    help: 'Tries to tell a sink of something, by what came of them',
    labelNames: ['sink', 'outcome'],
    registers: [metrics],
  });
  for (const sink of sinks) for (const outcome of NOTIFICATION_OUTCOMES) told.inc({ sink, outcome }, 0);
  const waiting = new Map<string, () => Iterable<number>>();
  const show = (name: string, help: string, read: (since: number[]) => number) =>
    showGauge(metrics, { name: `fog_rollouts_notifications_${name}`, help, labels: ['sink'] }, () =>
      leads() ? [...waiting].map(([sink, since]): Sample => [{ sink }, read([...since()])]) : [],
    );
  show('waiting', 'FogRollouts with something that a sink has not taken yet', (since) => since.length);
  show('oldest_seconds', 'How long ago the oldest of that happened', (since) => {
    const first = since.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    return since.length === 0 ? 0 : Math.max(0, (Date.now() - first) / 1000);
  });
  return {
    told: (sink, outcome) => told.inc({ sink, outcome }),
    waiting: (sink, since) => waiting.set(sink, since),
  };
}
