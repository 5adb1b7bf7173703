import type { Registry } from 'prom-client';
import type { Readiness } from '../../api/deps.ts';
import { type Sample, showGauge } from './families.ts';

/** Shows of each part of a process whether it is ready, as `/readyz` says it in words; once a process. */
export function showParts(metrics: Registry, readiness: Readiness): void {
  const help = 'Whether a part of the process is ready (1), or waits for something (0)';
  showGauge(metrics, { name: 'fog_rollouts_part_ready', help, labels: ['part'] }, () =>
    Object.entries(readiness.ready().checks).map(([part, words]): Sample => [{ part }, Number(words === 'ok')]),
  );
}
