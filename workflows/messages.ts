import { defineSignal, log, type SignalDefinition, setHandler } from '@temporalio/workflow';
import {
  type ChangeSignal,
  type LayerRepair,
  type RemoveSignal,
  type RepairSignal,
  SIGNALS,
  type SitesSignal,
} from '../model/signals.ts';
import type { Owner } from '../model/types.ts';

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
  handle(
    removeSignal,
    ({ owner }) => isOwner(owner),
    (signal) => receiver.remove(signal),
  );
  handle(repairSignal, isRepair, (signal) => receiver.repair(signal));
  handle(sitesSignal, isSites, (signal) => running.look(signal));
}

function isChange({ owner, revision }: Partial<ChangeSignal>): boolean {
  const isRevision =
    Number.isInteger(revision?.generation) && [revision?.layers, revision?.hashes, revision?.strategy].every(isObject);
  return isOwner(owner) && isRevision;
}

function isRepair({ owner, generation, layers }: Partial<RepairSignal>): boolean {
  const isRepairOf = (one: unknown) => isObject(one) && typeof (one as Partial<LayerRepair>).layer === 'string';
  return isOwner(owner) && Number.isInteger(generation) && Array.isArray(layers) && layers.every(isRepairOf);
}

function isSites({ layer, sites }: Partial<SitesSignal>): boolean {
  return typeof layer === 'string' && Array.isArray(sites) && sites.every((name) => typeof name === 'string');
}

function isOwner(owner: Partial<Owner> | undefined): boolean {
  const { uid, created, namespace, name } = owner ?? {};
  return [uid, created, namespace, name].every((value) => typeof value === 'string');
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
