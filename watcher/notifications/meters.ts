/** What becomes of a try to tell a sink of something; `failed` is tried again. */
export const NOTIFICATION_OUTCOMES = ['delivered', 'failed', 'given_up'] as const;

/** What those who notify tell whoever measures it. Nothing that they do depends on this. */
export interface NotificationMeters {
  told(sink: string, outcome: (typeof NOTIFICATION_OUTCOMES)[number]): void;
  /** When what waits for that sink happened, in ms since the epoch; in place of an earlier answer. */
  waiting(sink: string, since: () => Iterable<number>): void;
}
