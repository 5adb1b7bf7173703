import type { ActivateInput, WorkflowInternalsInterceptor } from '@temporalio/workflow';

/** Of the history, with the last task; each run has modules of its own. */
let lengthInTask = 0;
let wasReplayed = true;

/**
 * What a run does in a task it has to do again in that task when its history is replayed.
 *
 * It would not, where somebody asks it a question while a local activity is under way (the Temporal UI does, for its page of a
 * run). The answer goes out with the end of the activity, and ends the task; the run hears of that end in the next one. When this
 * is replayed, it hears of it in the task before: at another time, ahead of what else came with the next, of a shorter history,
 * and knowing of no patch that was noted there. It would do other things, and fail for good.
 *
 * So such a task is failed, once, which costs milliseconds: what is done when Temporal gives it out again is done after a replay.
 * The source: sdk-core, `prepare_complete_resp` in managed_run.rs, where it forces a new task.
 */
export const asReplayed: WorkflowInternalsInterceptor = {
  activate(input, next) {
    const { jobs, historyLength, isReplaying } = input.activation;
    // A question says that it comes in a replay, and never does.
    const isReplayed = (isReplaying ?? false) && !jobs?.some(({ queryWorkflow }) => queryWorkflow);
    const length = historyLength ?? 0;
    const isOfTaskBefore = !wasReplayed && !isReplayed && length !== lengthInTask && jobs?.some(isLocalEnd);
    wasReplayed = isReplayed;
    lengthInTask = length;
    if (isOfTaskBefore) throw new Error(TAKEN_AGAIN);
    next(input);
  },
};

const TAKEN_AGAIN =
  'Somebody asked this run a question while it was at work: the task is taken again, and nothing is lost';

type Job = NonNullable<ActivateInput['activation']['jobs']>[number];

function isLocalEnd({ resolveActivity }: Job): boolean {
  return resolveActivity?.isLocal ?? false;
}
