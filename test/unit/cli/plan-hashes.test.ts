import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { hashLines, planHashBy } from '../../../cli/plan-hashes.ts';

const [ONE, TWO] = ['1'.repeat(32), '2'.repeat(32)];
let dir: string;
let file: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'plans-'));
  file = join(dir, 'plans');
  const plans = [
    { namespace: 'shop', name: 'web', hash: ONE },
    { namespace: 'test', name: 'web', hash: TWO },
    { namespace: 'shop', name: 'till', hash: TWO },
  ];
  writeFileSync(file, `${hashLines(plans)}# by hand\nshop/bad 123\n`);
});
afterAll(() => rmSync(dir, { recursive: true }));

describe('approve --plan', () => {
  it.each<[string, () => string, Parameters<typeof planHashBy>[1], string]>([
    ['a hash as it is', () => ONE, { rollout: 'api' }, ONE],
    ['the only plan of that name', () => file, { rollout: 'till' }, TWO],
    ['the plan of that namespace', () => file, { rollout: 'web', namespace: 'test' }, TWO],
  ])('takes %s', (_, given, wanted, hash) => {
    expect(planHashBy(given(), wanted)).toBe(hash);
  });

  it.each<[string, () => string, Parameters<typeof planHashBy>[1], string]>([
    ['several of that name', () => file, { rollout: 'web' }, 'has several plans of web; say by --namespace which'],
    ['none of that name', () => file, { rollout: 'api', namespace: 'shop' }, 'has no plan of shop/api'],
    ['what is no hash', () => file, { rollout: 'bad' }, 'has no plan of bad'],
    ['no such file', () => join(dir, 'none'), { rollout: 'web' }, 'is neither a hash of 32 digits nor a file'],
    ['a folder', () => dir, { rollout: 'web' }, 'cannot be read (EISDIR)'],
  ])('says what is wrong with %s', (_, given, wanted, words) => {
    expect(() => planHashBy(given(), wanted)).toThrow(words);
  });
});
