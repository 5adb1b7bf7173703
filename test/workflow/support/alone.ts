/** Watches that no run has two local activities under way: what follows from them would be replayed in another order. */
import { Context } from '@temporalio/activity';

const underWay = new Map<string, string>();
const overlaps: string[] = [];

/** Does what a call of a fake activity does, and notes when it is a local one beside another of its run. */
export async function alone<T>(what: string, act: () => Promise<T>): Promise<T> {
  const { isLocal, workflowExecution } = Context.current().info;
  const run = workflowExecution?.runId;
  if (!isLocal || run === undefined) return await act();
  const other = underWay.get(run);
  if (other !== undefined) overlaps.push(`${what} beside ${other}`);
  underWay.set(run, what);
  const done = () => {
    if (underWay.get(run) === what) underWay.delete(run);
  };
  Context.current().cancellationSignal.addEventListener('abort', done); // it ran out of time, and nobody waits for it
  try {
    return await act();
  } finally {
    done();
  }
}

/** @throws Error that names what was under way together since it was last asked */
export function expectAlone(): void {
  const found = overlaps.splice(0);
  if (found.length > 0) throw new Error(`Local activities of one run were under way together: ${found.join('; ')}`);
}
