import type { Layer } from '../layers.ts';
import type { PlannedStage } from '../shards.ts';
import { implicitSite } from '../site.ts';
import { PHASE_LETTERS, untouched } from './report.ts';

/** The plan of a layer without FogSites: its one site, kept by no record but the object's status. */
export function implicitPlan(layer: Layer): PlannedStage {
  const loaded = { sites: [implicitSite(layer)], phases: PHASE_LETTERS.waiting, notes: [], reports: 0 };
  return {
    total: 1,
    waves: [{ name: 'all', count: 1 }],
    shards: [{ index: 0, wave: 0, report: untouched(1), sites: [layer], phases: PHASE_LETTERS.waiting, loaded }],
  };
}
