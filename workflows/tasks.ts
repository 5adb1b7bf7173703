import type { ActivateInput, ConcludeActivationInput, WorkflowInternalsInterceptor } from '@temporalio/workflow';

/*
 * What a run does in a task it has to do again, in that task, when its history is replayed. Local activities alone can
 * break that: their ends are recorded with the task that ends next, and that need not be the one in which the run hears
 * of them. Each run has modules of its own.
 */

/** Local activities that were called, and have not ended as far as the run knows. */
let underWay = 0;

/** Of the history, with the last task. */
let lengthInTask = 0;
let wasReplayed = true;

/**
 * A task ends with the answer to a question: the Temporal UI asks some, for its page of a run. If it ends while a local
 * activity is under way, the end of that may be recorded in it and heard of in the next one. A replay then tells the run
 * at once, at another time, of a shorter history, and ahead of what else has come, such as a timer: it does other things,
 * and fails for good. So no answer goes out while a local activity is under way. Temporal then asks again when the task has
 * ended (its server, `handleBufferedQueries`): milliseconds later, mostly. To answer later in the same task would not do: an
 * answer ends it also where the run has yet to hear what comes of its commands.
 * The source: sdk-core, `prepare_complete_resp` and `_process_completion` in managed_run.rs, where they force a new task.
 *
 * A task also ends with 8 of its 10 seconds, whatever is under way. If nothing else came of it, it is no task of its own in
 * a replay, but part of the next one (sdk-core, `find_end_index_of_next_wft_seq`: a heartbeat), and what the run did in it
 * was done at another time. So that next task is failed, once: what is done when Temporal gives it out again is done after
 * a replay. A local activity therefore has to end in less than 8 seconds.
 */
export const asReplayed: WorkflowInternalsInterceptor = {
  activate(input, next) {
    const { historyLength, isReplaying } = input.activation;
    const jobs = input.activation.jobs ?? [];
    if (!jobs.every(isQuestion)) {
      const length = historyLength ?? 0;
      const isReplayed = isReplaying ?? false;
      const isBegunBefore = underWay > 0 && !wasReplayed && !isReplayed && length !== lengthInTask;
      wasReplayed = isReplayed;
      lengthInTask = length;
      if (isBegunBefore) throw new Error(TAKEN_AGAIN);
    }
    underWay -= jobs.filter(isLocalEnd).length;
    next(input);
  },

  concludeActivation(input, next) {
    const { commands } = next(input);
    underWay += commands.filter(isLocalCall).length;
    return { commands: underWay > 0 ? commands.filter((command) => !isAnswer(command)) : commands };
  },
};

const TAKEN_AGAIN =
  'What this run called inside its task took longer than a task may last: the task is taken again, and nothing is lost';

type Job = NonNullable<ActivateInput['activation']['jobs']>[number];
type Command = ConcludeActivationInput['commands'][number];

function isQuestion({ queryWorkflow }: Job): boolean {
  return queryWorkflow != null;
}

function isLocalEnd({ resolveActivity }: Job): boolean {
  return resolveActivity?.isLocal ?? false;
}

function isLocalCall({ scheduleLocalActivity }: Command): boolean {
  return scheduleLocalActivity != null;
}

/** Not of one that came beside the tasks, which ends none. (sdk-core: `LEGACY_QUERY_ID`) */
function isAnswer({ respondToQuery }: Command): boolean {
  return respondToQuery != null && respondToQuery.queryId !== 'legacy_query';
}
