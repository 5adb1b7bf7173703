/** What runs are told of FogWindows, and what people read of it. Types and words: workflow code imports this file. Pure. */
import { secondText } from '../text.ts';
import { stateAt, type Timetable } from './timetable.ts';

/** A FogWindow as a run is told of it. Plain JSON. */
export interface ToldWindow {
  name: string;
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
  const { name, namespace, reason, fault, timetable } = window;
  const { open, until } = stateAt(timetable, now);
  const named = `FogWindow ${namespace === undefined ? name : `${namespace}/${name}`}`;
  if (fault !== undefined) return `${named} is closed, as it cannot be read: ${fault}`;
  if (open) return `${named} is open`;
  const because = reason === undefined ? '' : ` (${reason})`;
  if (until !== undefined) return `${named} is closed${because}, and opens at ${secondText(until)}`;
  return `${named} is closed${because}`;
}

/** @param now - RFC 3339 */
export function windowsText(windows: ToldWindow[], now: string): string {
  return windows.map((window) => windowText(window, now)).join('; ');
}
