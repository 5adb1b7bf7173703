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

let code: string;
let modules: string[];
beforeAll(async () => {
  ({ code } = await bundleWorkflows());
  // Modules of their own, and those that were put into one.
  modules = [
    ...new Set([...code.matchAll(/^(?:\/\*\*\*\/ "|;\/\/ (?:EXTERNAL MODULE: )?)([^"\n ]+)/gm)].map(([, id]) => id!)),
  ];
}, START_MS);

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
});
