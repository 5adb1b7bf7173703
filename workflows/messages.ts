import {
  ApplicationFailure,
  defineSignal,
  defineUpdate,
  log,
  type SignalDefinition,
  setHandler,
} from '@temporalio/workflow';
import type { ActionRequest } from '../model/run/steering.ts';
import { isAction, isChange, isHealth, isRemove, isRepair, isSites, isWindows } from '../model/run/whole.ts';
import {
  ACTION_FAILURE,
  type ChangeSignal,
  type HealthSignal,
  type RemoveSignal,
  type RepairSignal,
  SIGNALS,
  type SitesSignal,
  UPDATES,
  type WindowsSignal,
} from '../model/signals.ts';

export const changeSignal = defineSignal<[ChangeSignal]>(SIGNALS.change);
export const removeSignal = defineSignal<[RemoveSignal]>(SIGNALS.remove);
export const repairSignal = defineSignal<[RepairSignal]>(SIGNALS.repair);
export const sitesSignal = defineSignal<[SitesSignal]>(SIGNALS.sites);

export const healthSignal = defineSignal<[HealthSignal]>(SIGNALS.health);
export const windowsSignal = defineSignal<[WindowsSignal]>(SIGNALS.windows);
export const actUpdate = defineUpdate<string, [ActionRequest]>(UPDATES.act);

/** What takes the messages; model/run/inbox.ts decides what they mean. */
export interface Receiver {
  /** @returns what the run under way is to be adjusted to */
  change(signal: ChangeSignal): ChangeSignal | undefined;
  remove(signal: RemoveSignal): void;
  repair(signal: RepairSignal): void;
  windows(signal: WindowsSignal): void;
}

/** The run under way, of which messages may change how it goes on. */
export interface Running {
  adjust(change: ChangeSignal): void;
  look(sites: SitesSignal): void;
  health(health: HealthSignal): void;
  windows(windows: WindowsSignal): void;
}

/**
 * Hands signals on, and then calls `after`. One that somebody sent by hand and that is not whole is dropped with a
 * warning: an error here would fail the workflow task again and again, and hold the rollout for ever.
 */
export function receive(receiver: Receiver, running: Running, after: () => void): void {
  const handle = <S>(signal: SignalDefinition<[S]>, isWhole: (value: Partial<S>) => boolean, act: (value: S) => void) =>
    setHandler(signal, (value: S) => {
      if (!isWhole(value ?? {})) {
        log.warn(`Signal ${signal.name} is not whole and is dropped`);
        return;
      }
      act(value);
      after();
    });
  const tellWindows = (signal: WindowsSignal) => {
    receiver.windows(signal);
    running.windows(signal);
  };
  handle(changeSignal, isChange, (signal) => {
    const adjusted = receiver.change(signal);
    if (adjusted) running.adjust(adjusted);
    else tellWindows({ uid: signal.owner.uid, windows: signal.windows ?? [] }); // a repeat may have newer ones
  });
  handle(removeSignal, isRemove, (signal) => receiver.remove(signal));
  handle(repairSignal, isRepair, (signal) => receiver.repair(signal));
  handle(sitesSignal, isSites, (signal) => running.look(signal));
  handle(healthSignal, isHealth, (signal) => running.health(signal));
  handle(windowsSignal, isWindows, tellWindows);
}

/** What people may ask of the run under way. */
export interface Steered {
  /** It only puts releases right, and gives way to whatever is asked. */
  isRepair: boolean;
  /** Why an action makes no sense now; undefined when it is to be taken. */
  refusal(request: ActionRequest): string | undefined;
  /** @returns what is to be said of it */
  act(request: ActionRequest): string;
}

/** @param steered - who takes them; undefined while the run is yet to be made */
export function receiveActions(steered: () => Steered | undefined, refusal: () => string | undefined): void {
  setHandler(actUpdate, (request) => steered()!.act(request), {
    validator(request) {
      if (!isAction(request ?? {})) throw rejected(ACTION_FAILURE.refused, 'The action is not whole');
      const to = steered();
      if (!to) throw rejected(ACTION_FAILURE.notYet, 'The run has only begun');
      if (to.isRepair) throw rejected(ACTION_FAILURE.noRollout, 'What is under way is a repair');
      const why = refusal() ?? to.refusal(request);
      if (why !== undefined) throw rejected(ACTION_FAILURE.refused, why);
    },
  });
}

function rejected(type: string, message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, type);
}
