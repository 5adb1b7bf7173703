import { Gauge, type Registry } from 'prom-client';

/** One value of a gauge, with its labels. */
export type Sample = [labels: Record<string, string>, value: number];

/** A gauge whose values are computed each time it is read; those that are no longer there are shown no longer. */
export function showGauge(
  metrics: Registry,
  { name, help, labels = [] }: { name: string; help: string; labels?: string[] },
  read: () => Iterable<Sample>,
): void {
  new Gauge({
    name,
    help,
    labelNames: labels,
    registers: [metrics],
    collect() {
      this.reset();
      if (labels.length === 0) this.remove();
      for (const [of, value] of read()) this.set(of, value);
    },
  });
}
