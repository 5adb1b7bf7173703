/** What the API server takes and refuses of gates that ask others. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { ROOT } from '../../dev/home.ts';
import type { Gate } from '../../model/types.ts';
import { dryRun } from '../support/dry-run.ts';
import { manifest } from '../support/manifests.ts';

const gated = (gate: unknown) => manifest({ strategy: { layers: { edge: { before: [gate] } } } });
const prometheus = { url: 'https://prometheus.example', query: 'up' };
const hours = { start: '2026-01-05T08:00', duration: 'PT8H', timeZone: 'Europe/Berlin' };

// Nothing is waited for here.
jest.setTimeout(120_000);

describe('A gate is accepted, with its defaults', () => {
  it.each<[string, Gate, object]>([
    [
      'http',
      { http: { url: 'https://hooks.example/ask?of=me' } },
      { timeoutSeconds: 10, retrySeconds: 60, deadlineSeconds: 3_600 },
    ],
    [
      'http',
      { http: { url: 'http://[fd12::7]:8080', secretRef: { name: 'hooks.a', key: 'key_1' } } },
      { deadlineSeconds: 3_600 },
    ],
    [
      'http',
      { http: { url: 'https://ci.example/7', success: 'body.state == "done"', failure: 'status == 404' } },
      { retrySeconds: 60 },
    ],
    ['window', { window: { allow: [{ ...hours, rrule: 'INTERVAL=2;FREQ=DAILY' }], deny: [{}] } }, {}],
    ['job', { job: { cronJob: 'smoke' } }, { deadlineSeconds: 3_600 }],
    ['workflow', { workflow: { type: 'Decide', taskQueue: 'board', input: { a: 'b' } } }, { deadlineSeconds: 3_600 }],
    [
      'metric',
      { metric: { prometheus, success: 'result[0] < 0.05' } },
      { intervalSeconds: 60, count: 5, failureLimit: 0, inconclusiveLimit: 3 },
    ],
  ])('%s: %j', async (kind, gate, defaults) => {
    const { strategy } = (await dryRun(gated(gate))).spec;
    expect(strategy.layers.edge.before[0][kind]).toMatchObject({
      ...(gate[kind as keyof Gate] as object),
      ...defaults,
    });
  });
});

describe('A gate is refused, in words', () => {
  const at = 'spec.strategy.layers.edge.before[0]';
  const url = (given: string): [unknown, string] => [{ http: { url: given } }, `${at}.http.url`];
  it.each<[unknown, string]>([
    [{ name: 'nothing' }, 'A gate is of one kind'],
    [{ approval: {}, http: { url: 'https://a.example' } }, 'A gate is of one kind'],
    [{ job: { cronJob: 'a' }, metric: { prometheus, success: 'true' } }, 'A gate is of one kind'],
    url('ftp://a.example'),
    url('file:///etc/passwd'),
    url('https://'),
    url('https://user:secret@a.example'),
    url('https://a.example/#part'),
    url('https://a.example/with space'),
    url('https://a.example:port'),
    url(`https://a.example/${'x'.repeat(1_024)}`),
    [{ http: { url: 'https://a.example', timeoutSeconds: 61 } }, 'less than or equal to 60'],
    [{ http: { url: 'https://a.example', deadlineSeconds: 31_536_001 } }, 'less than or equal to 31536000'],
    [{ http: { url: 'https://a.example', secretRef: { name: 'a' } } }, `${at}.http.secretRef.key`],
    [{ http: { url: 'https://a.example', secretRef: { name: '../a', key: 'a' } } }, `${at}.http.secretRef.name`],
    [{ http: { url: 'https://a.example', failure: 'status == 404' } }, 'failure goes with success'],
    [{ http: { url: 'https://a.example', success: '' } }, `${at}.http.success`],
    [{ window: {} }, 'A window is the ref of a FogWindow, or has allow or deny of its own'],
    [{ window: { ref: 'night', deny: [{}] } }, 'A window is the ref of a FogWindow'],
    [{ window: { deny: [{ start: '2026-01-05T08:00' }] } }, 'A start is of a timeZone'],
    [
      { window: { allow: [{ start: '2026-01-05T08:00', timeZone: 'UTC' }] } },
      'What is allowed has a start and a duration',
    ],
    [{ window: { deny: [{ ...hours, rrule: 'FREQ=SECONDLY' }] } }, `${at}.window.deny[0].rrule`],
    [{ window: { deny: [{ ...hours, duration: '8h' }] } }, `${at}.window.deny[0].duration`],
    [{ window: { deny: [{ ...hours, start: 'now' }] } }, `${at}.window.deny[0].start`],
    [{ window: { allow: [] } }, `${at}.window.allow`],
    [{ job: {} }, `${at}.job.cronJob`],
    [{ job: { cronJob: 'Smoke' } }, `${at}.job.cronJob`],
    [{ workflow: { type: 'a' } }, `${at}.workflow.taskQueue`],
    [{ workflow: { type: 'a', taskQueue: 'a', input: { a: 1 } } }, `${at}.workflow.input.a`],
    [{ workflow: { type: 'a', taskQueue: 'a', input: { a: 'x'.repeat(1_025) } } }, 'Too long'],
    [{ metric: { prometheus } }, `${at}.metric.success`],
    [{ metric: { prometheus: { ...prometheus, url: 'prometheus' }, success: 'true' } }, `${at}.metric.prometheus.url`],
    [{ metric: { prometheus, success: 'true', count: 0 } }, 'greater than or equal to 1'],
  ])('%j', async (gate, why) => {
    await expect(dryRun(gated(gate))).rejects.toThrow(why);
  });
});

it('The example that asks others is accepted, and comes back whole', async () => {
  const documents = parseAllDocuments(readFileSync(join(ROOT, 'examples/asking-rollout.yml'), 'utf8'));
  for (const document of documents) {
    const given = document.toJS();
    expect(await dryRun(given)).toMatchObject(given);
  }
});
