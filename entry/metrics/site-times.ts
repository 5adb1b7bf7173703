import { Histogram, type Registry } from 'prom-client';
import type { Site } from '../../model/site.ts';

/** From pods that are there already to images that come over a thin link. */
const BUCKETS = [0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600];

/** Times sites from when they were written to when they were ready, in the worker that has seen it; once a process. */
export function timeSites(metrics: Registry): (site: Site, seconds: number) => void {
  const times = new Histogram({
    name: 'fog_rollouts_site_duration_seconds',
    help: 'Time of a site from being written to being ready',
    labelNames: ['layer'],
    buckets: BUCKETS,
    registers: [metrics],
  });
  return ({ layer }, seconds) => times.observe({ layer }, seconds);
}
