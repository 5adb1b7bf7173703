import { sleep, workflowInfo } from '@temporalio/workflow';
import type { AppliedRelease, MissedContent } from '../model/activities.ts';
import { signedOrNot } from '../model/signed.ts';
import type { LayerContent } from '../model/types.ts';

/** Content of so many characters, or fewer, is always sent: to ask for it would cost more. */
const SMALL = 2_000;

/** What one workflow task may send, in characters: gRPC takes 4 MB, Temporal's server 2 MB a payload. */
const MOST_IN_A_TASK = 700_000;

/** With the content where that may not be there. */
type Call = (content?: LayerContent) => Given;
type Given = Promise<AppliedRelease | MissedContent>;

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
   * @returns what the worker said to the call with the content, or to that without if it was enough
   */
  give(queue: string, call: Call): Given {
    if (this.size > SMALL && this.fed.has(queue)) return this.giveByHash(call);
    this.fed.add(queue);
    return this.send(call);
  }

  private async giveByHash(call: Call): Given {
    const answer = await call();
    const { needsContent } = signedOrNot(answer) as Awaited<Given>;
    return needsContent ? await this.send(call) : answer;
  }

  /** In a task that may send so much. */
  private send(call: Call): Given {
    return fits(this.size) ? call(this.content) : this.sendLater(call);
  }

  private async sendLater(call: Call): Given {
    do await sleep(1, { summary: 'go on in another task: this one is full' });
    while (!fits(this.size));
    return await call(this.content);
  }
}

function fits(size: number): boolean {
  const { historyLength } = workflowInfo();
  if (inTask.history !== historyLength) inTask = { history: historyLength, sent: 0 };
  if (inTask.sent > 0 && inTask.sent + size > MOST_IN_A_TASK) return false;
  inTask.sent += size;
  return true;
}
