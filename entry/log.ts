import { type Logger, pino } from 'pino';

/** Structured JSON lines on stdout. Whole objects and environments never go in, so nothing needs to be redacted. */
export function createLog(role: string, level: string): Logger {
  return pino({ level, base: { role } });
}
