import { describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { type NamedWatch, showWatches } from '../../../entry/kube-metrics.ts';
import { Contact } from '../../../kube/contact.ts';
import { FakeClock } from '../kube/fakeclock.ts';

describe('The metrics of watches', () => {
  it('tell how old each is and whether it is open, as long as there is one', async () => {
    const clock = new FakeClock();
    const metrics = new Registry();
    const watches: NamedWatch[] = ['hub', 'secret/mill/kubeconfig', 'new'].map((cluster) => ({
      cluster,
      watch: { type: 'deployments.apps', contact: new Contact(clock) },
    }));
    showWatches(metrics, () => watches);
    const series = async () => (await metrics.metrics()).split('\n').filter((line) => line.startsWith('fog_'));

    watches[0]!.watch.contact.opened();
    watches[1]!.watch.contact.heard();
    await clock.advance(12_500);
    expect(await series()).toEqual([
      'fog_rollouts_watch_age_seconds{cluster="hub",type="deployments.apps"} 12.5',
      'fog_rollouts_watch_age_seconds{cluster="secret/mill/kubeconfig",type="deployments.apps"} 12.5',
      'fog_rollouts_watch_open{cluster="hub",type="deployments.apps"} 1',
      'fog_rollouts_watch_open{cluster="secret/mill/kubeconfig",type="deployments.apps"} 0',
      'fog_rollouts_watch_open{cluster="new",type="deployments.apps"} 0',
    ]);
    watches.splice(1);
    expect(await series()).toHaveLength(2);
  });
});
