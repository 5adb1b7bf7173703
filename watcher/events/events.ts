import type { Informer } from '../../kube/informer.ts';
import { apiVersionOf, type KubeObject } from '../../kube/resources.ts';
import { FOG_ROLLOUTS, FOG_SITES } from '../../model/names.ts';
import { rolloutTransitions, siteTransitions } from '../../model/transitions.ts';
import type { FogRollout, FogSite } from '../../model/types.ts';
import { EventRecorder, type RecorderDeps } from './recorder.ts';

export interface EventsDeps extends RecorderDeps {
  rollouts: Informer<FogRollout & KubeObject>;
  sites: Informer<FogSite & KubeObject>;
}

/**
 * Tells of every transition of FogRollouts and FogSites by an Event, while `signal` is not aborted: what `kubectl describe` and
 * `kubectl events` show. What changed while nobody led is told by the object's status, not by an Event.
 */
export async function tellTransitions(deps: EventsDeps, signal: AbortSignal): Promise<void> {
  const { rollouts, sites } = deps;
  const recorder = new EventRecorder(deps);
  await Promise.all([rollouts.waitForSync(signal), sites.waitForSync(signal)]);
  const unsubscribe = [
    rollouts.subscribe({
      onUpdate: (old, { metadata, status }) => {
        if (!status || old.status === status) return;
        recorder.record(
          { apiVersion: apiVersionOf(FOG_ROLLOUTS), kind: FOG_ROLLOUTS.kind, metadata },
          rolloutTransitions(old.status, status),
        );
      },
    }),
    sites.subscribe({
      onUpdate: (old, { metadata, status }) => {
        if (!status || old.status === status) return;
        recorder.record(
          { apiVersion: apiVersionOf(FOG_SITES), kind: FOG_SITES.kind, metadata },
          siteTransitions(old.status, status),
        );
      },
    }),
  ];
  try {
    await recorder.run(signal);
  } finally {
    for (const stop of unsubscribe) stop();
  }
}
