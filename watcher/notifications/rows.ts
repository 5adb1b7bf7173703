/** What the record says of one rollout, as text: who was told what of it. Pure. */
import type { Told } from '../../model/notifications/told.ts';

export interface Row {
  /** `namespace/name`. */
  rollout: string;
  /** By the name of the sink. */
  told: Map<string, Told>;
}

/** Sinks that know the same share it. */
export function textOf({ rollout, told }: Row): string {
  const groups = new Map<string, string[]>();
  for (const [sink, one] of told) {
    const text = JSON.stringify(one);
    groups.set(text, [...(groups.get(text) ?? []), sink]);
  }
  return JSON.stringify({ rollout, told: [...groups].map(([text, to]) => ({ to, ...JSON.parse(text) })) });
}

/** Inverse of {@link textOf}; undefined for what somebody else has written. */
export function rowIn(text: string): Row | undefined {
  try {
    const { rollout, told } = JSON.parse(text) as { rollout: unknown; told: unknown };
    if (typeof rollout !== 'string' || !Array.isArray(told) || !told.every(isTold)) return undefined;
    return { rollout, told: new Map(told.flatMap(({ to, ...one }) => to.map((sink) => [sink, one] as const))) };
  } catch {
    return undefined;
  }
}

function isTold(value: unknown): value is Told & { to: string[] } {
  const { to, run, since, marks } = (value ?? {}) as Record<string, unknown>;
  return (
    areTexts(to) && areTexts(marks) && typeof run === 'string' && /^\d+\.\d+/.test(run) && typeof since === 'string'
  );
}

function areTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
