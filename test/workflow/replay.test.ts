import { readdirSync, readFileSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { DefaultLogger, Runtime, Worker, type WorkflowBundleOption } from '@temporalio/worker';
import { SINK } from '../../tracing/span.ts';
import { bundleWorkflows } from '../../workers/bundle.ts';
import { testBundle } from '../support/bundle.ts';
import { historyFromText } from './support/history.ts';
import { SCENARIOS } from './support/scenarios.ts';
import { START_MS } from './support/server.ts';

const FOLDER = join(import.meta.dirname, 'histories');
/** By version, e.g. `0.2.0/success-1.json`. */
const FILES = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.json'));
const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8')) as {
  version: string;
};

/** Of what its interceptors have a hand in: activities, shards, runs that go on in others, people who steer. */
const WITH_TRACING = new RegExp(`^${version}/(success|supersede|steered|soaked|rolled-back|long-history|fleet)-`);

let workflowBundle: WorkflowBundleOption;
let tracing: WorkflowBundleOption;
const sinks = { [SINK]: { ended: { fn: () => {} } } };
beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  [workflowBundle, tracing] = await Promise.all([testBundle(), bundleWorkflows({ tracing: true })]);
}, START_MS);

/** Runs that are open when a new version of ours is deployed go on in its code: what it decided must be decided again. */
describe('The recorded history', () => {
  it.each(FILES)('%s is what the workflow would do today', async (file) => {
    await Worker.runReplayHistory({ workflowBundle }, historyFromText(read(file)));
  });

  it.each(FILES.filter((file) => WITH_TRACING.test(file)))('%s is what it would do with tracing', async (file) => {
    await Worker.runReplayHistory({ workflowBundle: tracing, sinks }, historyFromText(read(file)));
  });

  it('of another order of commands is noticed', async () => {
    const other = historyFromText(read(`${version}/success-1.json`).replaceAll('"applyRelease"', '"awaitReady"'));
    await expect(Worker.runReplayHistory({ workflowBundle }, other)).rejects.toThrow(/[Nn]ondeterminism/);
  });

  it.each(Object.keys(SCENARIOS))('of %s exists', (name) => {
    expect(FILES).toContain(join(version, `${name}-1.json`));
  });

  it.each(FILES)('%s names nothing of the machine it was recorded on', (file) => {
    const text = read(file);
    expect(text).not.toContain('stackTrace');
    expect(text).not.toContain('file://');
    for (const name of [homedir(), process.cwd(), `@${hostname()}`]) expect(text).not.toContain(name);
  });
});

function read(file: string): string {
  return readFileSync(join(FOLDER, file), 'utf8');
}
