import { sleep, workflowInfo } from '@temporalio/workflow';
import type { AppliedRelease, MissedContent } from '../model/activities.ts';
import type { LayerContent } from '../model/types.ts';

/** Content of so many characters, or fewer, is always sent: to ask for it would cost more. */
const SMALL = 2_000;

/** What one workflow task may send, in characters: gRPC takes 4 MB, Temporal's server 2 MB a payload. */
const MOST_IN_A_TASK = 700_000;

/** With the content where that may not be there. */
type Call = (content?: LayerContent) => Promise<AppliedRelease | MissedContent>;

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
  give(queue: string, call: Call): Promise<AppliedRelease> {
    if (this.size > SMALL && this.fed.has(queue)) return this.giveByHash(queue, call);
    this.fed.add(queue);
    return fits(this.size) ? this.send(queue, call) : this.sendLater(queue, call);
  }

  private async giveByHash(queue: string, call: Call): Promise<AppliedRelease> {
    const applied = await call();
    if (!applied.needsContent) return applied;
    return fits(this.size) ? await this.send(queue, call) : await this.sendLater(queue, call);
  }

  /** In a task that may send so much. */
  private async sendLater(queue: string, call: Call): Promise<AppliedRelease> {
    do await sleep(1, { summary: 'go on in another task: this one is full' });
    while (!fits(this.size));
    return await this.send(queue, call);
  }

  private async send(queue: string, call: Call): Promise<AppliedRelease> {
    const applied = await call(this.content);
    if (applied.needsContent) throw new Error(`A worker of ${queue} does not know the content that it was given`);
    return applied;
  }
}

function fits(size: number): boolean {
  const { historyLength } = workflowInfo();
  if (inTask.history !== historyLength) inTask = { history: historyLength, sent: 0 };
  if (inTask.sent > 0 && inTask.sent + size > MOST_IN_A_TASK) return false;
  inTask.sent += size;
  return true;
}
