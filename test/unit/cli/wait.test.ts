/** `kubectl fog wait`, with a program in place of kubectl that tells of a change as kubectl does. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ROOT } from '../../../dev/home.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'wait-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const asJson = (part: object) => JSON.stringify(part);
const asPrinted = (event: string, phase: string, observedGeneration: number) =>
  [event, ...[{ name: 'web', generation: 2 }, { version: 'v2' }, { phase, observedGeneration }].map(asJson), ''].join(
    '\n',
  );

/** Between its first look and its watch the rollout succeeds: of an object by its name kubectl leaves that out. */
const KUBECTL = `#!/bin/sh
case "$*" in
*"get fogrollouts.paguos.io web -o name") echo fogrollout.paguos.io/web ;;
*"get fogrollouts.paguos.io silent -o name") exec sleep 30 ;;
*"get fogrollouts.paguos.io removed -o name") echo fogrollout.paguos.io/removed ;;
*"get fogrollouts.paguos.io --field-selector=metadata.name=removed --watch"*) cat ${'$0'}.before ${'$0'}.removed; exec sleep 30 ;;
*"get fogrollouts.paguos.io web --watch"*) cat ${'$0'}.before; exec sleep 30 ;;
*"get fogrollouts.paguos.io --field-selector=metadata.name=web --watch"*) cat ${'$0'}.before ${'$0'}.after; exec sleep 30 ;;
*) echo 'Error from server (NotFound): fogrollouts.paguos.io "gone" not found' >&2; exit 1 ;;
esac
`;

function wait(name: string, timeout = '20') {
  const kubectl = join(dir, 'kubectl');
  writeFileSync(kubectl, KUBECTL, { mode: 0o755 });
  writeFileSync(`${kubectl}.before`, asPrinted('ADDED', 'Progressing', 1));
  writeFileSync(`${kubectl}.after`, asPrinted('MODIFIED', 'Succeeded', 2));
  writeFileSync(`${kubectl}.removed`, asPrinted('DELETED', 'Removing', 1));
  const command = [join(ROOT, 'cli/kubectl-fog.ts'), 'wait', name, '--timeout', timeout];
  const { status, stderr } = spawnSync(process.execPath, command, {
    env: { ...process.env, KUBECTL: kubectl },
    encoding: 'utf8',
  });
  return { status, stderr };
}

it('hears of an end that came while it began to listen', () => {
  expect(wait('web')).toMatchObject({ status: 0 });
});

it('says of what there is not that it is not there', () => {
  expect(wait('gone')).toEqual({
    status: 1,
    stderr: 'Error from server (NotFound): fogrollouts.paguos.io "gone" not found\n',
  });
});

it('ends when what it waits for is deleted', () => {
  expect(wait('removed')).toEqual({
    status: 1,
    stderr: 'Progressing: not begun yet\nfogrollouts.paguos.io "removed" was deleted\n',
  });
});

it('ends when its time is over, also where nobody answers', () => {
  const began = Date.now();
  expect(wait('silent', '1').status).toBe(3);
  expect(Date.now() - began).toBeLessThan(20_000);
});
