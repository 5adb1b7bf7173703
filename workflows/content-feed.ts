import { sleep, workflowInfo } from '@temporalio/workflow';
import type { AppliedRelease, MissedContent } from '../model/activities.ts';
import type { LayerContent } from '../model/types.ts';

/** Content of so many characters, or fewer, is always sent: to ask for it would cost more. */
const SMALL = 2_000;

/** What one workflow task may send, in characters: gRPC takes 4 MB, Temporal's server 2 MB a payload. */
const MOST_IN_A_TASK = 700_000;

let inTask = { history: -1, sent: 0 };

/**
 * Sends a layer's content to the workers that have not got it: by its hash alone where one of the queue was given it. What
 * is sent within one workflow task stays below what the server takes.
 */
export class ContentFeed {
  private readonly content: LayerContent;
  private readonly size: number;
  private readonly fed = new Set<string>();

  constructor(content: LayerContent) {
    this.content = content;
    this.size = JSON.stringify(content).length;
  }

  /**
   * @param queue - whose worker is called
   * @param call - calls it; with the content where that may not be there
   */
  async give(
    queue: string,
    call: (content?: LayerContent) => Promise<AppliedRelease | MissedContent>,
  ): Promise<AppliedRelease> {
    if (this.size > SMALL && this.fed.has(queue)) {
      const applied = await call();
      if (!applied.needsContent) return applied;
    }
    this.fed.add(queue);
    await this.room();
    const applied = await call(this.content);
    if (applied.needsContent) throw new Error(`A worker of ${queue} does not know the content that it was given`);
    return applied;
  }

  /** Resolves in a task that may send so much. */
  private async room(): Promise<void> {
    while (!fits(this.size)) await sleep(1, { summary: 'go on in another task: this one is full' });
  }
}

function fits(size: number): boolean {
  const { historyLength } = workflowInfo();
  if (inTask.history !== historyLength) inTask = { history: historyLength, sent: 0 };
  if (inTask.sent > 0 && inTask.sent + size > MOST_IN_A_TASK) return false;
  inTask.sent += size;
  return true;
}
