import { afterEach, expect, it } from '@jest/globals';
import { freePort, freeRow } from '../../support/ports.ts';

const own = process.env.JEST_WORKER_ID;
afterEach(() => {
  process.env.JEST_WORKER_ID = own;
});

it('No two workers are given the same port, nor is one given it twice, alone or in a row', async () => {
  const given: number[] = [];
  for (const worker of ['1', '2', '3']) {
    process.env.JEST_WORKER_ID = worker;
    const ports = await Promise.all(Array.from({ length: 200 }, freePort));
    expect(new Set(ports.map((port) => port % 16))).toEqual(new Set([Number(worker)]));
    given.push(...ports);
    for (let row = 0; row < 5; row += 1) {
      const first = await freeRow(6);
      given.push(...Array.from({ length: 6 }, (_, further) => first + further));
    }
  }
  expect(new Set(given).size).toBe(given.length);
});
