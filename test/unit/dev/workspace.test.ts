import { existsSync, mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createNetwork, hostAddresses, whyNoNetwork } from '../../support/network.ts';
import { createWorkspace, removeWorkspace, sweepAbandoned } from '../../support/workspace.ts';

const why = whyNoNetwork();
const made: string[] = [];

afterEach(() => {
  for (const dir of made.splice(0)) removeWorkspace(dir);
});

function workspace(): string {
  const dir = createWorkspace();
  made.push(dir);
  return dir;
}

describe('the folder of a test stack', () => {
  it('stays while the process that made it lives', () => {
    const dir = workspace();
    sweepAbandoned();
    expect(existsSync(dir)).toBe(true);
  });

  it('is removed by the next one when that process has ended', () => {
    const dir = workspace();
    const abandoned = join(dirname(dir), basename(dir).replace(/-\w+-/, '-1-'));
    mkdirSync(abandoned);
    sweepAbandoned();
    expect(existsSync(abandoned)).toBe(false);
    expect(existsSync(dir)).toBe(true);
  });

  (why ? it.skip : it)(`takes its network along${why ? ` (${why})` : ''}`, () => {
    const dir = workspace();
    const { hostAddress } = createNetwork(dir);
    const isThere = () => hostAddresses().includes(hostAddress);
    expect(isThere()).toBe(true);
    removeWorkspace(dir);
    expect(isThere()).toBe(false);
  });
});
