/**
 * What Temporal says with each workflow task, kept to what it says again when the history is replayed.
 *
 * That is not so for the end of a local activity where somebody asks the run a question meanwhile (the Temporal UI does, for
 * its page of a run). The answer has to go out, and the end comes in a task of its own; but its marker already stands in the
 * history, and so it is replayed in the task before. That one was told of a shorter history, and of no patches that were noted
 * in the other. What a run then did for either, it would not do when it is replayed, and fail for good.
 *
 * The source: sdk-core, `prepare_complete_resp` in managed_run.rs, where it forces a new task.
 */
import { type ActivateInput, patched, type WorkflowInternalsInterceptor } from '@temporalio/workflow';

/** Each run has modules of its own, and so this. */
let historyLength = 0;
let isLong = false;
/** Of the history, with the last task. */
let lengthInTask = 0;
let isReplayedBefore = false;
const known = new Set<string>();

/** Listens for the others here. */
export const followTasks: WorkflowInternalsInterceptor = {
  activate(input, next) {
    const { jobs, historyLength: length, continueAsNewSuggested } = input.activation;
    const isNewTask = length !== lengthInTask;
    lengthInTask = length ?? 0;
    isReplayedBefore = isNewTask && (jobs ?? []).some(isLocalEnd);
    if (jobs?.some((job) => !isLocalEnd(job))) {
      historyLength = lengthInTask;
      isLong = continueAsNewSuggested ?? false;
    }
    next(input);
  },
};

/** How long the history is, as of the last that came but for local activities; and Temporal wants it to end in another run. */
export const historyNow = () => ({ historyLength, isLong });

/**
 * As `patched()`, and to be used instead of it. Where that note would not be found when the history is replayed, what was done
 * before is done once more.
 */
export function isPatched(id: string): boolean {
  if (known.has(id)) return true;
  if (isReplayedBefore || !patched(id)) return false;
  known.add(id);
  return true;
}

type Job = NonNullable<ActivateInput['activation']['jobs']>[number];

function isLocalEnd({ resolveActivity }: Job): boolean {
  return resolveActivity?.isLocal ?? false;
}
