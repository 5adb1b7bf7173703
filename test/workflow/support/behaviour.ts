import { ApplicationFailure, Context } from '@temporalio/activity';
import { FAILURE } from '../../../model/activities.ts';

/** What one call of a fake activity does instead of what it does by itself. */
export type Behaviour = (proceed: () => unknown) => unknown;

/** A failure that Temporal tries again. */
export const transient =
  (message = 'connection refused'): Behaviour =>
  () => {
    throw ApplicationFailure.create({ type: FAILURE.transient, message });
  };

/** A failure that nobody tries again. */
export const terminal =
  (type: string, message: string): Behaviour =>
  () => {
    throw ApplicationFailure.create({ type, message, nonRetryable: true });
  };

export const returns =
  (value: unknown): Behaviour =>
  () =>
    value;

/** Does what the activity does by itself, then runs `then` before the workflow hears of it. */
export const andThen =
  (then: () => Promise<void>): Behaviour =>
  async (proceed) => {
    const result = await proceed();
    await then();
    return result;
  };

/** Holds calls of an activity until the test opens it; a call that is cancelled meanwhile ends as cancelled. */
export class Gate {
  /** Resolves when a call has arrived. */
  readonly reached: Promise<void>;
  private readonly arrived: () => void;
  private readonly opened: Promise<void>;
  /** Lets the call, and every later one, go on. */
  readonly open: () => void;

  constructor() {
    const arrival = Promise.withResolvers<void>();
    const opening = Promise.withResolvers<void>();
    this.reached = arrival.promise;
    this.arrived = arrival.resolve;
    this.opened = opening.promise;
    this.open = opening.resolve;
  }

  /** @param then - what the call does once the gate is open; by default what it does by itself */
  hold(then: Behaviour = (proceed) => proceed()): Behaviour {
    return async (proceed) => {
      this.arrived();
      await Promise.race([this.opened, Context.current().cancelled]);
      return await then(proceed);
    };
  }

  /** Holds what the call answers, which it has found out before. */
  holdAnswer(): Behaviour {
    return async (proceed) => {
      const answer = await proceed();
      return await this.hold(() => answer)(proceed);
    };
  }

  /** Like {@link hold}, but deaf: the call goes on until the gate opens, cancelled or not. */
  holdDeaf(): Behaviour {
    return async (proceed) => {
      this.arrived();
      await this.opened;
      return await proceed();
    };
  }
}

/** What applyRelease answers when the release was not ready while it lingered. */
export const NOT_READY_YET = returns({
  deployment: { uid: 'deployment', generation: 1, template: 'template' },
  ready: false,
});

/** What awaitReady answers when the Deployment was deleted or changed by someone else. */
export const LOST = returns({ outcome: 'lost' });
