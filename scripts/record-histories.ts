/**
 * Records the histories that test/workflow/replay.test.ts replays: `npm run histories`. Do it when a change to the
 * workflows is meant to change their commands; runs that are open while that is deployed then need a patch.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyToText } from '../test/workflow/support/history.ts';
import { Rollout } from '../test/workflow/support/rollout.ts';
import { SCENARIOS, SUGGEST_AT } from '../test/workflow/support/scenarios.ts';
import { TestServer } from '../test/workflow/support/server.ts';

const FOLDER = join(import.meta.dirname, '..', 'test', 'workflow', 'histories');

const server = await TestServer.start(`limit.historyCount.suggestContinueAsNew=${SUGGEST_AT}`);
try {
  mkdirSync(FOLDER, { recursive: true });
  for (const file of readdirSync(FOLDER)) rmSync(join(FOLDER, file));
  for (const [name, play] of Object.entries(SCENARIOS)) {
    const rollout = new Rollout(server, name);
    await play(rollout);
    for (const [at, { runId, end }] of (await rollout.runs()).entries()) {
      keep(`${name}-${at + 1}.json`, await rollout.historyOf(runId), end);
      for (const shard of await rollout.shardsOf(runId)) {
        keep(`${name}-${at + 1}-${shard.name}.json`, shard.history, `a shard of it: ${shard.end}`);
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
