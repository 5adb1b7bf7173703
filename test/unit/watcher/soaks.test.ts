import { beforeEach, describe, expect, it } from '@jest/globals';
import type { LayerHealth } from '../../../model/status.ts';
import type { FogRollout, GateStatus } from '../../../model/types.ts';
import { Soaks } from '../../../watcher/after-run/soaks.ts';
import { aRollout } from '../model/builders.ts';

const READY: LayerHealth = { layer: 'fog', ready: true, message: '' };
const UNREADY: LayerHealth = { layer: 'fog', ready: false, message: '0 of 1 replicas available' };

function aSoaking(gate: Partial<GateStatus> = {}, runId = 'a'): FogRollout {
  const since = '2026-01-01T00:00:00Z';
  const soak: GateStatus = {
    layer: 'fog',
    at: 'after',
    name: 'soak',
    state: 'Closed',
    message: 'soaks',
    since,
    ...gate,
  };
  const run = { workflowId: 'w', runId, startedAt: since, reports: 1 };
  return aRollout({}, { observedGeneration: 3, phase: 'Progressing', run, gates: [soak] });
}

let told: string[];
let soaks: Soaks;
beforeEach(() => {
  told = [];
  soaks = new Soaks({
    signaller: {
      health: async (_, { layer, ready, message }) => void told.push(`${layer} ${ready} ${message}`.trim()),
    },
  });
});
const see = async (rollout: FogRollout, ...health: LayerHealth[]) => await soaks.tell('shop/web', rollout, health);

describe('The run of a layer that soaks', () => {
  it('is told nothing while the layer is ready, of other layers, and of what is not known', async () => {
    await see(aSoaking(), READY);
    await see(aSoaking(), { ...UNREADY, layer: 'cloud' });
    await see(aSoaking());
    expect(told).toEqual([]);
  });

  it('is told once that it is not ready, and once that it is again, however late its object says so', async () => {
    for (let at = 0; at < 2; at++) await see(aSoaking(), UNREADY);
    await see(aSoaking({ unready: true }), UNREADY);
    for (let at = 0; at < 2; at++) await see(aSoaking({ unready: true }), READY);
    await see(aSoaking(), READY);
    expect(told).toEqual(['fog false 0 of 1 replicas available', 'fog true']);
  });

  it('is told of a moment that was over before anybody looked', async () => {
    soaks.interrupt('shop/web');
    for (let at = 0; at < 2; at++) await see(aSoaking(), READY);
    expect(told).toEqual(['fog false it was not ready for a moment', 'fog true']);
  });

  it('is told by another watcher what its object does not say', async () => {
    await see(aSoaking({ unready: true }), READY);
    expect(told).toEqual(['fog true']);
  });

  it('that does not soak any more is told nothing, and a later one all of it', async () => {
    await see(aSoaking(), UNREADY);
    await see(aSoaking({ state: 'Open' }), UNREADY);
    await see(aSoaking({}, 'b'), UNREADY);
    expect(told).toEqual(['fog false 0 of 1 replicas available', 'fog false 0 of 1 replicas available']);
  });
});
