import { type WorkflowClient, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { workflowId } from '../../model/names.ts';
import type { ActionRequest } from '../../model/run/steering.ts';
import { ACTION_FAILURE, UPDATES } from '../../model/signals.ts';
import { madeFor } from '../../model/signed.ts';
import type { RolloutKey } from '../../model/types.ts';
import { isMissingRun } from '../temporal-errors.ts';

/** What the run of a FogRollout says to an action; `noRun`: none is open, or one that gives way. */
export type Said = { kind: 'accepted' | 'refused'; message: string } | { kind: 'noRun' };

/** Hands what people ask to the run that is under way. */
export interface Actor {
  act(key: RolloutKey, request: ActionRequest): Promise<Said>;
}

/** How long the run has to answer, in ms; asked again, it says what it said. */
const DEADLINE_MS = 10_000;

/** @throws whatever Temporal answers; the action may have been taken all the same, and may be handed on again */
export function createActor(workflows: WorkflowClient): Actor {
  return {
    async act({ namespace, name }, request) {
      const handle = workflows.getHandle(workflowId(namespace, name));
      try {
        const message = await workflows.connection.withDeadline(Date.now() + DEADLINE_MS, () =>
          handle.executeUpdate<string, [ActionRequest]>(UPDATES.act, {
            args: madeFor(UPDATES.act, [request]),
            updateId: request.uid,
          }),
        );
        return { kind: 'accepted', message };
      } catch (error) {
        if (isMissingRun(error)) return { kind: 'noRun' };
        const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
        if (cause instanceof ApplicationFailure && cause.type === ACTION_FAILURE.noRollout) return { kind: 'noRun' };
        if (cause instanceof ApplicationFailure && cause.type === ACTION_FAILURE.refused) {
          return { kind: 'refused', message: cause.message };
        }
        throw error;
      }
    },
  };
}
