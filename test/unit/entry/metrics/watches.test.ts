import { describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { type NamedWatch, showWatches } from '../../../../entry/metrics/kube.ts';
import { Contact } from '../../../../kube/contact.ts';
import { FakeClock } from '../../kube/fakeclock.ts';

describe('The metrics of watches', () => {
  it('tell how old the oldest is and how many are open, of the hub and of all sites, as long as there are some', async () => {
    const clock = new FakeClock();
    const metrics = new Registry();
    const watches: NamedWatch[] = ['hub', 'secret/mill/kubeconfig', 'secret/port/kubeconfig', 'new'].map((cluster) => ({
      cluster,
      watch: { type: 'deployments.apps', contact: new Contact(clock) },
    }));
    showWatches(metrics, () => watches);
    const series = async () => (await metrics.metrics()).split('\n').filter((line) => line.startsWith('fog_'));

    watches[1]!.watch.contact.heard();
    await clock.advance(10_000);
    watches[0]!.watch.contact.opened();
    watches[2]!.watch.contact.opened();
    await clock.advance(2_500);
    expect(await series()).toEqual([
      'fog_rollouts_watch_age_seconds{cluster="hub",type="deployments.apps"} 2.5',
      'fog_rollouts_watch_age_seconds{cluster="sites",type="deployments.apps"} 12.5',
      'fog_rollouts_watches{cluster="hub",type="deployments.apps",state="open"} 1',
      'fog_rollouts_watches{cluster="hub",type="deployments.apps",state="cut_off"} 0',
      'fog_rollouts_watches{cluster="sites",type="deployments.apps",state="open"} 1',
      'fog_rollouts_watches{cluster="sites",type="deployments.apps",state="cut_off"} 2',
    ]);
    watches.splice(1);
    expect(await series()).toHaveLength(3);
  });
});
