import { describe, expect, it } from '@jest/globals';
import { E2eFile } from '../../support/e2e-file.ts';

const aRecording = (...faults: string[]) => ({ stop: async () => undefined, faults: () => faults });

describe('The end of a file', () => {
  it('ends in reverse what was begun, and all of it whatever fails', async () => {
    const ended: string[] = [];
    const file = new E2eFile();
    file.check(aRecording());
    file.atEnd(() => ended.push('stack'));
    file.atEnd(() => Promise.reject(new Error('The product ended with 1')));
    file.atEnd(() => ended.push('region'));
    await expect(file.end()).rejects.toThrow(/^The product ended with 1$/);
    expect(ended).toEqual(['region', 'stack']);
  });

  it('fails by what must never happen and did', async () => {
    const file = new E2eFile();
    file.check(aRecording('Deployment edge/web-edge was given generation 1 after 2; the events:\n  #1 …'));
    await expect(file.end()).rejects.toThrow(/edge\/web-edge was given generation 1 after 2; the events:\n {2}#1/);
  });

  it('says everything that failed', async () => {
    const file = new E2eFile();
    file.check(aRecording('one'));
    file.check(aRecording('two'));
    await expect(file.end()).rejects.toThrow(/two\n.*\n?.*one/);
  });

  it('fails when nothing was recorded', async () => {
    await expect(new E2eFile().end()).rejects.toThrow('Nothing was recorded');
  });
});
