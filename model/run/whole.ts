/**
 * Which messages are whole: have what is read of them later, in its shape. People can send any JSON to a run, and an error
 * over it, in a handler or after, would hold or fail the run. What may be left out may not be null, for which no default is
 * taken. Pure.
 */
import { amountOf } from '../fleet/budget.ts';
import { isLayer } from '../layers.ts';
import type {
  ChangeSignal,
  HealthSignal,
  LayerRepair,
  RemoveSignal,
  RepairSignal,
  Rollback,
  SitesSignal,
  WindowsSignal,
} from '../signals.ts';
import type {
  Amount,
  LayerStrategy,
  OfflineStrategy,
  Owner,
  RampUp,
  Revision,
  SiteRequirement,
  SiteSelector,
  Strategy,
  WaveStrategy,
} from '../types.ts';
import type { ClosedSpan, Timetable } from '../windows/timetable.ts';
import type { ToldWindow } from '../windows/told.ts';
import type { TakenAction } from './notes.ts';
import { isAtLeast, isDuration, isFields, isListOf, isRecordOf, isText, type Unchecked } from './shape.ts';
import { ACTIONS, type ActionRequest, MAX_WORDS } from './steering.ts';
import { isGate } from './whole-gates.ts';

export function isChange(change: Unchecked<ChangeSignal>): boolean {
  const { owner, author = '', revision, fleet, rollback, windows = [], asked } = change;
  return (
    isOwner(owner) &&
    isText(author) &&
    isFleet(fleet) &&
    isListOf(windows, isToldWindow) &&
    isRevision(revision) &&
    (rollback === undefined || isRollback(rollback)) &&
    (asked === undefined || isTaken(asked))
  );
}

function isRevision(revision: unknown): boolean {
  if (!isFields<Revision>(revision)) return false;
  const { generation, attempt = 0, version, hash, layers, hashes, strategy } = revision;
  return (
    [generation, attempt].every(Number.isInteger) &&
    [version, hash].every(isText) &&
    isRecordOf(layers, isFields) &&
    isRecordOf(hashes, isText) &&
    isStrategy(strategy)
  );
}

function isRollback(rollback: unknown): boolean {
  if (!isFields<Rollback>(rollback)) return false;
  const { generation, at, by = '', reason = '' } = rollback;
  return Number.isInteger(generation) && [at, by, reason].every(isText);
}

export function isRemove({ owner, fleet }: Unchecked<RemoveSignal>): boolean {
  return isOwner(owner) && isFleet(fleet);
}

export function isRepair({ owner, generation, layers }: Unchecked<RepairSignal>): boolean {
  const isRepairOf = (one: unknown) => {
    if (!isFields<LayerRepair>(one)) return false;
    const { layer, drifted = [] } = one;
    return isText(layer) && isListOf(drifted, isText);
  };
  return isOwner(owner) && Number.isInteger(generation) && isListOf(layers, isRepairOf);
}

export function isHealth({ uid, layer, ready, message }: Unchecked<HealthSignal>): boolean {
  return [uid, message].every(isText) && isLayer(layer) && typeof ready === 'boolean';
}

export function isWindows({ uid, windows }: Unchecked<WindowsSignal>): boolean {
  return isText(uid) && isListOf(windows, isToldWindow);
}

export function isSites({ layer, sites }: Unchecked<SitesSignal>): boolean {
  return isText(layer) && isListOf(sites, isText);
}

/** In its shape, and short enough to be kept. */
export function isAction(request: Unchecked<ActionRequest>): boolean {
  const { uid, action, by, at, layer, wave, site, gate, revision, plan, reason, to } = request;
  // Counted as the CRD counts: a character beyond the first plane is one.
  const isShort = (value: unknown) => isText(value) && [...value].length <= MAX_WORDS;
  return (
    [uid, by, at].every(isShort) &&
    !Number.isNaN(Date.parse(at as string)) &&
    [wave, site, gate, plan, reason].every((text) => text === undefined || isShort(text)) &&
    (layer === undefined || isLayer(layer)) &&
    (revision === undefined || Number.isInteger(revision)) &&
    (to === undefined || isRevision(to)) &&
    ACTIONS.includes(action as ActionRequest['action'])
  );
}

function isTaken(asked: unknown): boolean {
  if (!isFields<TakenAction>(asked)) return false;
  const { action, by, at, reason = '' } = asked;
  return [action, by, at, reason].every(isText);
}

function isOwner(owner: unknown): boolean {
  return isFields<Owner>(owner) && [owner.uid, owner.created, owner.namespace, owner.name].every(isText);
}

function isFleet(fleet: unknown): boolean {
  return fleet === undefined || isListOf(fleet, isLayer);
}

function isStrategy(strategy: unknown): boolean {
  if (!isFields<Strategy>(strategy)) return false;
  const { progressDeadlineSeconds, paused = false, layers } = strategy;
  const { revisionHistoryLimit = 1, rollbackWindowSeconds = 0 } = strategy; // from before there were any
  return (
    isDuration(progressDeadlineSeconds) &&
    typeof paused === 'boolean' &&
    isAtLeast(1, revisionHistoryLimit) &&
    isAtLeast(0, rollbackWindowSeconds) &&
    isRecordOf(layers, isLayerStrategy)
  );
}

function isLayerStrategy(strategy: unknown): boolean {
  if (!isFields<LayerStrategy>(strategy)) return false;
  const { siteSelector, maxConcurrency, maxFailures, minSuccess, waves = [], order = '' } = strategy;
  const { rampUp = {}, maxSitesPerMinute = 1, offline = {}, before = [], after = [], soakSeconds = 1 } = strategy;
  return (
    [before, after].every((gates) => isListOf(gates, isGate)) &&
    isDuration(soakSeconds) &&
    isSelector(siteSelector) &&
    [maxConcurrency, maxFailures, minSuccess].every(isAmount) &&
    isListOf(waves, isWave) &&
    isText(order) &&
    isRampUp(rampUp) &&
    isAtLeast(1, maxSitesPerMinute) &&
    isOffline(offline)
  );
}

function isSelector(selector: unknown): boolean {
  if (selector === undefined) return true;
  if (!isFields<SiteSelector>(selector)) return false;
  const { matchLabels = {}, matchExpressions = [] } = selector;
  const isRequirement = (one: unknown) => {
    if (!isFields<SiteRequirement>(one)) return false;
    const { values = [] } = one;
    return isListOf(values, isText);
  };
  return isRecordOf(matchLabels, isText) && isListOf(matchExpressions, isRequirement);
}

function isToldWindow(window: unknown): boolean {
  if (!isFields<ToldWindow>(window)) return false;
  const { name, namespace = '', inline = true, overrun, holds, reason = '', fault = '', timetable } = window;
  return (
    inline === true &&
    [name, namespace, reason, fault].every(isText) &&
    (overrun === 'Finish' || overrun === 'Stop') &&
    typeof holds === 'boolean' &&
    isTimetable(timetable)
  );
}

function isTimetable(timetable: unknown): boolean {
  if (!isFields<Timetable>(timetable)) return false;
  const { closed, knownUntil } = timetable;
  const isSpan = (span: unknown) =>
    isFields<ClosedSpan>(span) && isTime(span.from) && (span.until === undefined || isTime(span.until));
  return isListOf(closed, isSpan) && (knownUntil === undefined || isTime(knownUntil));
}

function isWave(wave: unknown): boolean {
  if (!isFields<WaveStrategy>(wave)) return false;
  const { size, siteSelector, after = [] } = wave;
  return isAmount(size) && isSelector(siteSelector) && isListOf(after, isGate);
}

/** One that does not grow would never come to its end. */
function isRampUp(rampUp: unknown): boolean {
  if (!isFields<RampUp>(rampUp)) return false;
  const { initial = 1, factor = 2 } = rampUp;
  return isAtLeast(1, initial) && isAtLeast(2, factor);
}

function isOffline(offline: unknown): boolean {
  if (!isFields<OfflineStrategy>(offline)) return false;
  const { minReachable, afterSeconds = 0, expireAfterSeconds = 0 } = offline;
  return isAmount(minReachable) && [afterSeconds, expireAfterSeconds].every(isDuration);
}

function isAmount(amount: unknown): boolean {
  if (amount === undefined) return true;
  try {
    amountOf(amount as Amount, 1, 'up');
    return true;
  } catch {
    return false;
  }
}

function isTime(value: unknown): boolean {
  return isText(value) && !Number.isNaN(Date.parse(value));
}
