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
      const file = `${name}-${at + 1}.json`;
      writeFileSync(join(FOLDER, file), historyToText(await rollout.historyOf(runId)));
      console.log(`${file}: ${end}`);
    }
  }
} finally {
  await server.stop();
}
