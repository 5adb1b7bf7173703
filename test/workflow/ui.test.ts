import { describe, expect, it } from '@jest/globals';
import { SEARCH_ATTRIBUTES } from '../../model/names.ts';
import { eventually } from '../support/eventually.ts';
import { Gate, NOT_READY_YET, terminal } from './support/behaviour.ts';
import { Rollout } from './support/rollout.ts';
import { useServer } from './support/use-server.ts';

const server = useServer();

describe('What the Temporal UI shows of a rollout', () => {
  it('while a stage goes on: where it is, as a table and as attributes to search for', async () => {
    const rollout = new Rollout(server(), 'shown');
    const gate = new Gate();
    rollout.fake.next('applyRelease fog 1', NOT_READY_YET);
    rollout.fake.next('awaitReady fog 1', gate.hold());
    await rollout.change(1);
    await gate.reached;
    const attributes = await eventually('the stage can be searched for', async () => {
      const known = await attributesOf(rollout);
      return known.FogStage === 'fog' ? known : { not: known };
    });
    expect(attributes).toEqual({
      FogNamespace: 'shop',
      FogRollout: 'shown',
      FogVersion: 'v1',
      FogPhase: 'Progressing',
      FogStage: 'fog',
    });
    const table = await tableOf(rollout);
    expect(table).toContain('**shop/shown v1** · Progressing');
    expect(table).toMatch(/\| ✔ cloud \| Ready \| v1 \| 1\/1 \|/);
    expect(table).toMatch(/\| … fog \| Progressing \| v1 \| 0\/1 \|/);
    expect(table).toMatch(/\| – edge \| Pending \|.*waiting for fog \|/);
    gate.open();
    await rollout.ends();
    expect(await attributesOf(rollout)).toMatchObject({ FogPhase: 'Succeeded', FogStage: undefined });
    expect(await rollout.currentDetails()).toContain('· Succeeded');
  });

  it('in one line: of the run, and of each of its activities', async () => {
    const rollout = new Rollout(server(), 'summarised');
    const gate = new Gate();
    rollout.fake.next('applyRelease fog 2', NOT_READY_YET);
    rollout.fake.next('awaitReady fog 2', gate.hold());
    await rollout.change(2);
    await gate.reached;
    gate.open();
    await rollout.ends();
    const [run] = await rollout.runs();
    expect(await rollout.summaryOf(run!.runId)).toBe('summarised v2 to cloud, fog, edge');
    const summaries = await rollout.activitySummaries(run!.runId);
    expect(summaries).toEqual(
      expect.arrayContaining([
        'open the rollout of summarised',
        'apply v2 to cloud',
        'apply v2 to fog',
        'wait until v2 is ready at fog',
        'apply v2 to edge',
      ]),
    );
    expect(summaries.filter((summary) => !summary)).toEqual([]);
  });

  it('after a failure: what failed', async () => {
    const rollout = new Rollout(server(), 'shown-failed');
    rollout.fake.next('applyRelease fog', terminal('Invalid', 'fog: image is required'));
    await rollout.change(1);
    await rollout.ends();
    expect(await attributesOf(rollout)).toMatchObject({ FogPhase: 'Failed', FogStage: 'fog' });
    expect(await tableOf(rollout)).toMatch(/\| ✘ fog \| Failed \|.*\| fog: image is required \|/);
  });

  it('of a run that took another one’s place: its own version, not the old one’s', async () => {
    const rollout = new Rollout(server(), 'shown-next');
    const gate = new Gate();
    rollout.fake.next('applyRelease cloud 1', gate.hold());
    await rollout.change(1);
    await gate.reached;
    const held = new Gate();
    rollout.fake.next('applyRelease edge 2', held.hold());
    await rollout.change(2, { layers: ['edge'] });
    await held.reached;
    expect(await attributesOf(rollout)).toEqual({
      FogNamespace: 'shop',
      FogRollout: 'shown-next',
      FogVersion: 'v2',
      FogPhase: 'Progressing',
      FogStage: 'edge',
    });
    expect(await rollout.currentDetails()).toContain('**shop/shown-next v2** · Progressing');
    held.open();
    await rollout.ends();
  });
});

async function attributesOf(rollout: Rollout): Promise<Record<string, unknown>> {
  const { typedSearchAttributes } = await rollout.handle.describe();
  return Object.fromEntries(
    Object.values(SEARCH_ATTRIBUTES).map((name) => [name, typedSearchAttributes.get({ name, type: 'KEYWORD' })]),
  );
}

/** Without the spaces that keep the columns apart in the UI. */
async function tableOf(rollout: Rollout): Promise<string> {
  return (await rollout.currentDetails()).replaceAll(/\s+/g, ' ');
}
