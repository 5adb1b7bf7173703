import { ApplicationFailure, Context } from '@temporalio/activity';
import { messageOf } from '../../kube/errors.ts';
import { type AskedKind, askedKindOf, isNews, keptReply } from '../../model/gates/asked.ts';
import type { AskGateInput, GateActivities } from '../../model/gates/asking.ts';
import type { GateReply, Unsettled } from '../../model/gates/kind.ts';
import { boundLine } from '../../model/text.ts';
import { beating, type Progress } from '../heartbeat.ts';
import { askByHttp, type HttpGateDeps } from './http.ts';
import { askByJob, type JobGateDeps, withdrawJob } from './job.ts';
import { askByMetric } from './metric.ts';
import { GateProblem } from './problem.ts';
import { askByWorkflow, type WorkflowGateDeps, withdrawWorkflow } from './workflow.ts';

export type GateDeps = HttpGateDeps & JobGateDeps & WorkflowGateDeps;

type Ask = (input: AskGateInput, deps: GateDeps, signal: AbortSignal, progress: Progress) => Promise<GateReply>;
type Withdraw = (input: AskGateInput, deps: GateDeps, signal: AbortSignal) => Promise<void>;

const ASK: Record<AskedKind, Ask> = { http: askByHttp, job: askByJob, metric: askByMetric, workflow: askByWorkflow };

/** Of those that do something meanwhile. */
const WITHDRAW: Partial<Record<AskedKind, Withdraw>> = { job: withdrawJob, workflow: withdrawWorkflow };

/** The activities that ask others for gates. */
export function createGateActivities(deps: GateDeps): GateActivities {
  return {
    askGate: (input) =>
      beating(beatMs(), (progress) => asking(input, (signal) => ASK[kindOf(input)](input, deps, signal, progress))),
    withdrawGate: async (input) => await WITHDRAW[kindOf(input)]?.(input, deps, Context.current().cancellationSignal),
  };
}

function kindOf({ gate }: AskGateInput): AskedKind {
  const kind = askedKindOf(gate);
  if (kind) return kind;
  // A worker of a later version may.
  throw ApplicationFailure.retryable(`This worker knows no such gate: ${Object.keys(gate).join(', ')}`);
}

/**
 * How often an activity says that it is alive, in ms; by it, it also hears that nobody waits for it any more. Each is a billed
 * action: as seldom as whoever waits allows, and never where a try is short.
 */
function beatMs(): number | undefined {
  const { heartbeatTimeoutMs } = Context.current().info;
  return heartbeatTimeoutMs ? heartbeatTimeoutMs / 2 : undefined;
}

/** How long what is missing may be on its way, in ms from when the gate was come to. */
const MAY_PASS_MS = 60_000;

/** Longest words of a failure, in bytes: it is kept in Temporal until the next try. */
const MAX_WORDS = 512;

/**
 * Makes of what is thrown what is tried again, in one line, what people are to be shown first, or a reply. What it was thrown
 * with is left behind: nobody knows what is in it.
 */
async function asking(
  { gate, heard }: AskGateInput,
  act: (signal: AbortSignal) => Promise<GateReply>,
): Promise<GateReply | Unsettled> {
  const { cancellationSignal: signal, info } = Context.current();
  try {
    return keptReply(await act(signal));
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof ApplicationFailure) throw error;
    const words = boundLine(messageOf(error), MAX_WORDS);
    const isNew = Date.now() - info.scheduledTimestampMs < MAY_PASS_MS;
    if (!(error instanceof GateProblem) || (error.mayPass && isNew)) {
      const word = keptReply({ state: 'Closed', message: words } as const);
      if (gate.http && isNews(word.message, heard, Date.now())) return word;
      throw ApplicationFailure.retryable(words, 'GateUnanswered');
    }
    return keptReply({ state: 'Failed', reason: error.reason, message: words });
  }
}
