import proto from '@temporalio/proto';
import { Worker } from '@temporalio/worker';
import { testBundle } from '../../support/bundle.ts';

const { History } = proto.temporal.api.history.v1;
type History = proto.temporal.api.history.v1.IHistory;

/** As JSON, a line an event; stack traces are left out, for they name the machine's paths and nothing replays them. */
export function historyToText(history: History): string {
  const plain = History.toObject(History.fromObject(history), { enums: String, longs: String, bytes: String });
  const lines = (plain.events as object[]).map((event) =>
    JSON.stringify(event, (key, value) => (key === 'stackTrace' ? undefined : value)),
  );
  return `{"events":[\n${lines.join(',\n')}\n]}\n`;
}

/**
 * Reads what {@link historyToText} wrote.
 * Not by the SDK's own historyFromJSON: that one fails where npm gives its packages a protobufjs each.
 */
export function historyFromText(text: string): History {
  return History.fromObject(JSON.parse(text));
}

/** Another worker could have gone on with it at any time. @throws DeterminismViolationError where it could not */
export async function expectToReplay(history: History): Promise<void> {
  await Worker.runReplayHistory({ workflowBundle: await testBundle() }, historyFromText(historyToText(history)));
}
