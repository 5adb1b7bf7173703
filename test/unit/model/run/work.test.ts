import { expect, it } from '@jest/globals';
import { isCatchUp } from '../../../../model/run/work.ts';
import type { LayerRepair, Work } from '../../../../model/signals.ts';
import { aChange, aRemoval, aRepair } from './messages.ts';

const FLEET: LayerRepair = { layer: 'edge', generation: 4, fleet: true };
const LEFT_OVER: LayerRepair = { layer: 'fog', leaves: 'all' };
const IMPLICIT: LayerRepair = { layer: 'cloud', generation: 4 };
const repair = (...layers: LayerRepair[]): Work => ({ kind: 'repair', repair: { ...aRepair(1, 4), layers } });

it.each<[string, boolean, Work]>([
  ['a repair of sites of a layer with FogSites', true, repair(FLEET)],
  ['a repair of what is left over', true, repair(LEFT_OVER)],
  ['a repair of both', true, repair(FLEET, LEFT_OVER)],
  ['a repair of a layer without FogSites', false, repair(IMPLICIT)],
  ['a repair of such a layer among others', false, repair(FLEET, IMPLICIT, LEFT_OVER)],
  ['a rollout', false, { kind: 'rollout', change: aChange(1, 4) }],
  ['a removal', false, { kind: 'removal', remove: aRemoval(1) }],
])('By %s, what a rollout has reached stays reached: %j', (_, expected, work) => {
  expect(isCatchUp(work)).toBe(expected);
});
