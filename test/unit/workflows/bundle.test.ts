import { beforeAll, describe, expect, it } from '@jest/globals';
import { bundleWorkflows } from '../../../workers/bundle.ts';

/** Every worker loads it into each of its workflow threads: with its source map, in bytes. */
const MOST_BYTES = 2_600_000;
const START_MS = 60_000;

/** What workflow code may consist of; anything else is not deterministic, or heavy, or knows too much. */
const ALLOWED = [
  /^\.\/(workflows|model)\/((fleet|gates|run)\/)?[\w.-]+\.ts$/,
  /^\.\/model\/windows\/(timetable|told)\.ts$/, // what was worked out: that takes a library, and tables of time zones
  /^\.\/node_modules\/@temporalio\//,
  /^\.\/node_modules\/(nexus-rpc|ms|long)\//, // of the SDK itself
  /^\?[0-9a-f]+$/, // where the bundler left something out
];

/** Of the bundle with tracing besides: nothing of OpenTelemetry's, which would be evaluated for every run. */
const TRACING = /^\.\/tracing\/(workflow|run-trace|header|ids|span)\.ts$/;

let code: string;
let modules: string[];
let tracing: { code: string; modules: string[] };
beforeAll(async () => {
  const bundles = await Promise.all([bundleWorkflows(), bundleWorkflows({ tracing: true })]);
  [{ code, modules }, tracing] = bundles.map((bundle) => ({ ...bundle, modules: modulesIn(bundle) })) as [
    typeof tracing,
    typeof tracing,
  ];
}, START_MS);

/** Modules of their own, and those that were put into one. */
function modulesIn({ code }: { code: string }): string[] {
  const ids = code.matchAll(/^(?:\/\*\*\*\/ "|;\/\/ (?:EXTERNAL MODULE: )?)([^"\n ]+)/gm);
  return [...new Set([...ids].map(([, id]) => id!))];
}

describe('The workflow bundle', () => {
  it('stays small', () => {
    expect(code.length).toBeLessThan(MOST_BYTES);
  });

  it('is one module of ours, as Node reads it: each run evaluates it anew', () => {
    expect(code.match(/^\/\*\*\*\/ "\.\/(workflows|model)\/[^"]*"/gm)).toHaveLength(1);
    expect(code).not.toContain('_object_spread');
  });

  it('holds the workflows and the model', () => {
    expect(modules).toEqual(expect.arrayContaining(['./workflows/rollout.ts', './model/status.ts']));
  });

  it('holds nothing else of ours, and no package but Temporal’s', () => {
    expect(modules.filter((id) => !ALLOWED.some((allowed) => allowed.test(id)))).toEqual([]);
  });

  it('with tracing has a few small modules more', () => {
    expect(tracing.modules).toContain('./tracing/workflow.ts');
    expect(tracing.modules.filter((id) => ![...ALLOWED, TRACING].some((allowed) => allowed.test(id)))).toEqual([]);
    expect(tracing.code.length - code.length).toBeLessThan(50_000);
  });
});
