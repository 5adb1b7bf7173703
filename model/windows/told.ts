/** What runs are told of FogWindows, and what people read of it. Types and words: workflow code imports this file. Pure. */
import { secondText } from '../text.ts';
import type { FogWindowSpec, WindowPeriod } from '../types.ts';
import { stateAt, type Timetable } from './timetable.ts';

/** When something is open: what a FogWindow has, and what may stand in its place. */
export type WindowRules = Pick<FogWindowSpec, 'allow' | 'deny'>;

/** A FogWindow as a run is told of it, or a window that a gate has inline. Plain JSON. */
export interface ToldWindow {
  /** Of one that is inline, its {@link inlineKey}. */
  name: string;
  inline?: true;
  /** Left out, that of the FogRollout. */
  namespace?: string;
  overrun: 'Finish' | 'Stop';
  /** It is for the FogRollout; else only gates ask for it. */
  holds: boolean;
  reason?: string;
  /** Why it cannot be read: then it is closed. */
  fault?: string;
  timetable: Timetable;
}

/**
 * How it is, e.g. `FogWindow shop-hours is closed (the shops are open), and opens at 2026-01-05T20:00:00Z`.
 *
 * @param now - RFC 3339
 */
export function windowText(window: ToldWindow, now: string): string {
  const { name, namespace, inline, reason, fault, timetable } = window;
  // What is inline is named by whatever has it.
  const named = inline ? '' : `FogWindow ${namespace === undefined ? name : `${namespace}/${name}`} `;
  const { open, until } = stateAt(timetable, now);
  if (fault !== undefined) return `${named}is closed, as it cannot be read: ${fault}`;
  if (open) return `${named}is open`;
  const because = reason === undefined ? '' : ` (${reason})`;
  if (until !== undefined) return `${named}is closed${because}, and opens at ${secondText(until)}`;
  return `${named}is closed${because}`;
}

/** Names a window that has no name, by its rules: of the same rules it is the same. */
export function inlineKey({ allow, deny }: WindowRules): string {
  const textOf = ({ start, duration, timeZone, rrule }: WindowPeriod) => [start, duration, timeZone, rrule];
  return JSON.stringify([allow?.map(textOf), deny?.map(textOf)]);
}

/** @param now - RFC 3339 */
export function windowsText(windows: ToldWindow[], now: string): string {
  return windows.map((window) => windowText(window, now)).join('; ');
}
