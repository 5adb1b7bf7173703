/**
 * Records the histories that test/workflow/replay.test.ts replays, in a folder of this version: `npm run histories`. What
 * is there already stays as it is: runs that an earlier version has begun, or an earlier day's code of this one, are to go
 * on. A change of the workflows' commands goes behind a patch, and its scenario is added under a name of its own.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyToText } from '../test/workflow/support/history.ts';
import { Rollout } from '../test/workflow/support/rollout.ts';
import { SCENARIOS, SUGGEST_AT } from '../test/workflow/support/scenarios.ts';
import { TestServer } from '../test/workflow/support/server.ts';

const ROOT = join(import.meta.dirname, '..');
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
const FOLDER = join(ROOT, 'test', 'workflow', 'histories', version);

const server = await TestServer.start(`limit.historyCount.suggestContinueAsNew=${SUGGEST_AT}`);
try {
  mkdirSync(FOLDER, { recursive: true });
  for (const [name, play] of Object.entries(SCENARIOS)) {
    if (existsSync(join(FOLDER, `${name}-1.json`))) {
      console.log(`${name}: is recorded already`);
      continue;
    }
    const rollout = new Rollout(server, name);
    await play(rollout);
    for (const [at, { runId, end }] of (await rollout.runs()).entries()) {
      keep(`${name}-${at + 1}.json`, await rollout.historyOf(runId), end);
      const named = new Set<string>();
      for (const shard of await rollout.shardsOf(runId)) {
        const again = named.has(shard.name) ? '-again' : ''; // of a later plan
        named.add(shard.name);
        keep(`${name}-${at + 1}-${shard.name}${again}.json`, shard.history, `a shard of it: ${shard.end}`);
      }
    }
  }
} finally {
  await server.stop();
}

function keep(file: string, history: Parameters<typeof historyToText>[0], what: string): void {
  writeFileSync(join(FOLDER, file), historyToText(history));
  console.log(`${file}: ${what}`);
}
