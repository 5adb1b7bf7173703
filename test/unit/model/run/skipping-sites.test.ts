/** Passing a site or the rest of a wave over: of which layer that is. */
import { describe, expect, it } from '@jest/globals';
import { RunMachine } from '../../../../model/run/machine.ts';
import type { ActionRequest } from '../../../../model/run/steering.ts';
import type { Step } from '../../../../model/run/steps.ts';
import { aStage, failureOf } from './runs.ts';

const NOW = '2026-01-01T00:00:00.000Z';
const UNDER = { generation: 4, version: 'v2', hash: 'b', isRollback: false, plan: () => 'plan' };
const [CLOUD, FOG] = [aStage('cloud'), aStage('fog')];
const IMPLICIT = { ...CLOUD, isFleet: false };
const GATE: Step = { kind: 'gate', layer: 'cloud', at: 'before', gates: [{ approval: {} }] };

function begun(...steps: Step[]): RunMachine {
  const machine = RunMachine.of(steps);
  machine.decide(NOW);
  return machine;
}

/** Its cloud has failed, and its fog goes on until it has stopped. */
function stopping(): RunMachine {
  const machine = begun(CLOUD, aStage('fog', 'cloud'));
  machine.ended(0, failureOf('cloud'));
  machine.decide(NOW);
  return machine;
}

describe('Skip of a site or a wave', () => {
  it.each<[string, () => RunMachine, Partial<ActionRequest>, string]>([
    ['is of the layer that has its turn', () => begun(CLOUD, FOG), { site: 'a' }, 'The site a is passed over,'],
    [
      'is of a layer that is named',
      () => begun(CLOUD),
      { wave: 'w', layer: 'cloud' },
      'What is left of w of the cloud is',
    ],
    [
      'is of none where only an implicit site has its turn',
      () => begun(IMPLICIT, FOG),
      { site: 'a' },
      'No sites have their turn',
    ],
    [
      'is of none that is its one implicit site',
      () => begun(IMPLICIT),
      { site: 'a', layer: 'cloud' },
      'No sites of the cloud',
    ],
    [
      'is of none whose turn is yet to come',
      () => begun(CLOUD, FOG),
      { site: 'a', layer: 'fog' },
      'No sites of the fog',
    ],
    ['is of none that waits at its gate', () => begun(GATE, CLOUD), { wave: 'w' }, 'No sites have their turn now'],
    [
      'has to say which of two that have theirs at once',
      () => begun(CLOUD, aStage('fog', 'cloud')),
      { site: 'a' },
      'Say by layer which: cloud, fog',
    ],
    ['is of the one of two that goes on', stopping, { site: 'a' }, 'The site a is passed over,'],
    [
      'is of none of two that has ended',
      stopping,
      { site: 'a', layer: 'cloud' },
      'No sites of the cloud have their turn',
    ],
  ])('%s', (_, machineOf, more, expected) => {
    const machine = machineOf();
    const request: ActionRequest = { uid: 'u', action: 'Skip', by: 'alice', at: NOW, ...more };
    expect(machine.refusal(request, UNDER, NOW) ?? machine.act(request, UNDER, NOW)).toContain(expected);
  });
});
