import type { FogRollout } from '../model/types.ts';
import { type RolloutView, viewOf } from '../model/view.ts';
import type { ApiDeps } from './deps.ts';

/** A FogRollout as a person would want to see it now. */
export type ViewRollout = (rollout: FogRollout) => RolloutView;

export function createViews({ clock, traceUrl }: Pick<ApiDeps, 'clock' | 'traceUrl'>): ViewRollout {
  return (rollout) => {
    const view = viewOf(rollout, clock.date().toISOString());
    const { run } = view;
    if (traceUrl === undefined || run?.traceId === undefined) return view;
    return { ...view, run: { ...run, traceUrl: traceUrl.replaceAll('{traceId}', run.traceId) } };
  };
}
