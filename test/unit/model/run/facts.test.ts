import { describe, expect, it } from '@jest/globals';
import { type Drop, dropOf } from '../../../../model/run/facts.ts';
import type { DropStep } from '../../../../model/run/steps.ts';
import type { LayerStatus } from '../../../../model/types.ts';
import { aLayer } from '../builders.ts';

const NOTHING = undefined;
const RECORDED: Drop = { recorded: true, implicit: false };
const IMPLICIT: Drop = { recorded: false, implicit: true };
const BOTH: Drop = { recorded: true, implicit: true };

const given = aLayer('edge', { generation: 3, version: 'v3' });
const begun = aLayer('edge', { startedAt: '2026-11-22T10:00:00Z' });
const listed = aLayer('edge');
const overSites = { ...given, shards: 2 };

function aDrop(wishes: Partial<DropStep> = {}): DropStep {
  return { kind: 'drop', layer: 'edge', leaves: 'all', untilGone: false, isFleet: false, hasImplicit: true, ...wishes };
}

describe('What a run has to take away', () => {
  it.each<[string, Partial<DropStep>, LayerStatus | undefined, Drop | undefined]>([
    // A layer that the revision leaves out.
    ['is nothing in a layer that the rollout never was in', {}, undefined, NOTHING],
    ['is nothing there either where the layer has FogSites', { isFleet: true }, undefined, NOTHING],
    ['is nothing in a layer that was listed, and not begun', {}, listed, NOTHING],
    ['is what a layer’s one site was given', {}, given, IMPLICIT],
    ['is what it may have been given by a stage that was cut off', {}, begun, IMPLICIT],
    ['is what it was given, where there are FogSites by now', { isFleet: true }, given, IMPLICIT],
    ['is what the record says', { isFleet: true }, overSites, RECORDED],
    ['is what the record says, where there are no FogSites any more', {}, overSites, RECORDED],
    // A layer that is its one implicit site again.
    ['is nothing where it was that before', { hasImplicit: false }, given, NOTHING],
    ['is what the record says of the FogSites that it had', { hasImplicit: false }, overSites, RECORDED],
    ['is nothing where it is new', { hasImplicit: false }, undefined, NOTHING],
  ])('of a layer %s', (_, step, before, expected) => {
    expect(dropOf(aDrop(step), { before, leftovers: 0 })).toEqual(expected);
  });

  it.each<[string, number, Drop | undefined]>([
    ['is nothing, where its plan has found nothing', 0, NOTHING],
    ['is what its plan has found', 3, RECORDED],
  ])('after a layer’s stage %s', (_, leftovers, expected) => {
    const step = aDrop({ leaves: 'leftovers', isFleet: true, hasImplicit: false });
    for (const before of [undefined, given, overSites]) expect(dropOf(step, { before, leftovers })).toEqual(expected);
  });

  it.each<[string, Partial<DropStep>, LayerStatus | undefined, Drop | undefined]>([
    // Who asks for it has read the record, and the status may know nothing of it.
    ['is what the record says, of a layer with FogSites', { isFleet: true }, undefined, RECORDED],
    ['is that and nothing at its one site, which it may have had', { isFleet: true }, given, RECORDED],
    ['is nothing without FogSites, where nothing was given', {}, undefined, NOTHING],
  ])('where a layer is put right %s', (_, step, before, expected) => {
    expect(dropOf(aDrop({ repair: {}, ...step }), { before, leftovers: 0 })).toEqual(expected);
  });

  it('that a layer which is put right is to lose is asked of the record, whatever the plan has found', () => {
    const step = aDrop({ leaves: 'leftovers', isFleet: true, hasImplicit: false, repair: {} });
    expect(dropOf(step, { before: given, leftovers: 0 })).toEqual(RECORDED);
  });

  it.each<[string, Partial<DropStep>, LayerStatus | undefined, Drop]>([
    // Nobody comes after it, and the status may have been a step behind: a site that has nothing costs one question.
    ['asks the one site of a layer that is not listed', {}, undefined, IMPLICIT],
    ['asks the record of a layer that may have one', { isFleet: true }, undefined, BOTH],
    ['asks the record of a layer whose FogSites are gone', {}, overSites, BOTH],
  ])('when the object goes %s', (_, step, before, expected) => {
    expect(dropOf(aDrop({ untilGone: true, ...step }), { before, leftovers: 0 })).toEqual(expected);
  });
});
