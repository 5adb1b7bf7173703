/** Traces of real rollouts, as a collector gets them; FogSites are everybody's, so on a cluster of its own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import type { FogRollout, LayerStrategy } from '../../model/types.ts';
import { bundleWith, bundleWorkflows } from '../../workers/bundle.ts';
import { testBundle } from '../support/bundle.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { eventually } from '../support/eventually.ts';
import { OtlpReceiver, type ReceivedSpan, treeOf } from '../support/otlp-receiver.ts';
import { Product } from '../support/product.ts';
import { aRollout, NO_SUCH_IMAGE } from '../support/rollouts.ts';
import { aSiteManifest } from '../support/sites.ts';
import type { StackHandle } from '../support/stack.ts';
import type { World } from '../support/world.ts';

const NAMESPACE = 'e2e-traces';
const SITES = ['edge-0', 'edge-1', 'edge-2'];
const WAVES: LayerStrategy = { waves: [{ name: 'canary', size: 1 }] };

const file = e2eFile();
const folder = mkdtempSync(join(tmpdir(), 'traces-'));
const bundle = join(folder, 'bundle.cjs');
let receiver: OtlpReceiver;
let stack: StackHandle;
let world: World;
let product: Record<string, string>;
beforeAll(async () => {
  file.atEnd(() => rmSync(folder, { recursive: true }));
  receiver = await OtlpReceiver.start();
  file.atEnd(() => receiver.stop());
  const [started, { code }] = await Promise.all([file.startStack({ nodes: 1 }), bundleWorkflows({ tracing: true })]);
  writeFileSync(bundle, 'of those who do not trace');
  writeFileSync(bundleWith(bundle, { tracing: true }), code);
  stack = started;
  product = {
    FOG_ROLLOUTS_WORKFLOW_BUNDLE: bundle,
    FOG_ROLLOUTS_LOG_LEVEL: 'debug',
    FOG_ROLLOUTS_TRACE_URL: 'https://jaeger.example/trace/{traceId}',
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
    OTEL_EXPORTER_OTLP_TIMEOUT: '500',
    OTEL_BSP_SCHEDULE_DELAY: '100',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
  };
  world = await file.world(stack, NAMESPACE).open({ env: product });
  for (const name of SITES) {
    await world.createNamespace(name);
    await world.must(['apply', '--server-side', '-f', '-'], aSiteManifest(name, { namespace: name }));
  }
});

async function start(): Promise<void> {
  world.product = await new Product(stack, { env: product }).ready();
}

/** All spans of what was rolled out, when its root has come. */
async function traceOf({ metadata: { name } }: FogRollout): Promise<ReceivedSpan[]> {
  const own = ({ attributes }: ReceivedSpan) => attributes['fog_rollouts.rollout'] === name;
  const root = await eventually<ReceivedSpan>(`the trace of ${name} to be whole`, async () => {
    const found = receiver.spans.find((span) => own(span) && span.parentId === '');
    return found ?? { not: receiver.spans.map((span) => span.name).join(', ') };
  });
  return receiver.spans.filter(({ traceId }) => traceId === root.traceId);
}

const lineOf = ({ name, attributes }: ReceivedSpan) =>
  [name, attributes['fog_rollouts.wave'], attributes['fog_rollouts.site'], attributes['fog_rollouts.phase']]
    .filter((word) => word !== undefined)
    .join(' ');
/** Reports go out beside the work, and how many there are is a matter of time. */
const isOfWork = ({ name }: ReceivedSpan) => !/^RunActivity:(openRun|reportStatus|reportShard|findSites)$/.test(name);

describe('With an endpoint for traces', () => {
  it('a rollout over three layers, one of them in waves, is one trace', async () => {
    const applied = await world.apply(aRollout('traced', { strategy: { layers: { edge: WAVES } } }));
    const { status, metadata } = await world.succeeded(applied);
    const spans = await traceOf(applied);
    const siteOf = (layer: string, site: string) => [
      `site ${layer} ${site} ready`,
      `  RunActivity:applyRelease ${site}`,
    ];
    const indented = (lines: string[], by: number) => lines.map((line) => ' '.repeat(by) + line);
    expect(treeOf(spans.filter(isOfWork), lineOf)).toEqual([
      'rollout',
      '  stage cloud',
      ...indented(siteOf('cloud', 'cloud'), 4),
      '  stage fog',
      ...indented(siteOf('fog', 'fog'), 4),
      '  stage edge',
      '    RunActivity:planStage',
      '    wave edge canary',
      ...indented(siteOf('edge', 'edge-0'), 6),
      '    wave edge rest',
      ...indented(siteOf('edge', 'edge-1'), 6),
      ...indented(siteOf('edge', 'edge-2'), 6),
    ]);
    const traceId = spans[0]!.traceId;
    expect(status?.run?.traceId).toBe(traceId);
    expect(traceId).toBe(status?.run?.runId.replaceAll('-', ''));
    const address = await world.product.address();
    const view = await fetch(`${address}/rollouts/${metadata.name}/status?namespace=${NAMESPACE}`);
    expect(await view.json()).toMatchObject({
      run: { traceId, traceUrl: `https://jaeger.example/trace/${traceId}` },
    });
    await world.product.logged('a line of the run', ({ trace_id }) => trace_id === traceId);
    expect(spans[0]!.resource).toMatchObject({
      'service.name': 'fog-rollouts',
      'deployment.environment.name': 'test',
    });
  });

  it('a worker without tracing goes on with a run that was begun with it', async () => {
    const connection = await Connection.connect({ address: stack.temporalAddress });
    const { workflow } = new Client({ connection });
    const history = await workflow.getHandle(`fogrollout/${NAMESPACE}/traced`).fetchHistory();
    await connection.close();
    await Worker.runReplayHistory({ workflowBundle: await testBundle() }, history);
  });

  it('what has failed says why', async () => {
    const applied = await world.apply(
      aRollout('failing', { images: { fog: NO_SUCH_IMAGE }, strategy: { progressDeadlineSeconds: 2 } }),
    );
    await world.settled(applied);
    const failed = (await traceOf(applied)).filter(({ error }) => error !== '').map(({ name }) => name);
    expect(failed).toEqual(expect.arrayContaining(['rollout', 'stage fog', 'site fog']));
    expect(failed).not.toContain('stage cloud');
  });

  it('a collector that hangs holds nothing up: one line says so, and the process stops in time', async () => {
    const before = receiver.requests;
    receiver.hangs = true;
    await world.succeeded(await world.apply(aRollout('unheard')));
    const isTrouble = ({ msg }: { msg: string }) => msg.startsWith('Traces cannot be delivered');
    const line = await world.product.logged('that traces are not taken', isTrouble);
    expect(line.msg).toBe(
      `Traces cannot be delivered to ${receiver.endpoint}/v1/traces: Request timed out; rollouts go on without`,
    );
    expect(receiver.requests).toBeGreaterThan(before);
    const since = Date.now();
    expect(await world.product.stop()).toBe(0);
    expect(Date.now() - since).toBeLessThan(20_000);
    expect(world.product.log.filter(isTrouble)).toHaveLength(1);
    receiver.hangs = false;
  });

  it('a run whose worker is killed with -9 is one trace all the same', async () => {
    await start(); // the one before gave its lead back as it stopped
    const soaking = { layers: { fog: { soakSeconds: 3 } } };
    const applied = await world.apply(aRollout('killed', { strategy: soaking }));
    const { status } = await world.untilRollout(`${NAMESPACE}/killed`, 'to soak', (rollout) => {
      const { gates = [] } = rollout?.status ?? {};
      return gates.some(({ state }) => state === 'Closed');
    });
    await world.product.kill();
    await start();
    await world.succeeded(applied);
    const spans = await traceOf(applied);
    expect(spans[0]!.traceId).toBe(status?.run?.traceId);
    expect(spans.map(({ name }) => name)).toEqual(expect.arrayContaining(['rollout', 'stage cloud', 'stage edge']));
    const traces = receiver.spans.filter(({ attributes }) => attributes.temporalWorkflowId?.endsWith('/killed'));
    expect(new Set(traces.map(({ traceId }) => traceId)).size).toBe(1);
  });
});
