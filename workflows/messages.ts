import { defineSignal, log, type SignalDefinition, setHandler } from '@temporalio/workflow';
import { isChange, isRemove, isRepair, isSites } from '../model/run/whole.ts';
import {
  type ChangeSignal,
  type RemoveSignal,
  type RepairSignal,
  SIGNALS,
  type SitesSignal,
} from '../model/signals.ts';

export const changeSignal = defineSignal<[ChangeSignal]>(SIGNALS.change);
export const removeSignal = defineSignal<[RemoveSignal]>(SIGNALS.remove);
export const repairSignal = defineSignal<[RepairSignal]>(SIGNALS.repair);
export const sitesSignal = defineSignal<[SitesSignal]>(SIGNALS.sites);

/** What takes the messages; model/run/inbox.ts decides what they mean. */
export interface Receiver {
  /** @returns what the run under way is to be adjusted to */
  change(signal: ChangeSignal): ChangeSignal | undefined;
  remove(signal: RemoveSignal): void;
  repair(signal: RepairSignal): void;
}

/** The run under way, of which messages may change how it goes on. */
export interface Running {
  adjust(change: ChangeSignal): void;
  look(sites: SitesSignal): void;
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
  handle(changeSignal, isChange, (signal) => {
    const adjusted = receiver.change(signal);
    if (adjusted) running.adjust(adjusted);
  });
  handle(removeSignal, isRemove, (signal) => receiver.remove(signal));
  handle(repairSignal, isRepair, (signal) => receiver.repair(signal));
  handle(sitesSignal, isSites, (signal) => running.look(signal));
}
