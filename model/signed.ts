/** What stands for a value of Temporal that was to be signed by the hub, and was not. Pure: workflow code reads it, too. */

/** A key that nothing of ours has. */
export const UNSIGNED = 'fog-rollouts/unsigned';

/** Type of the failure of whatever is refused for that, and the reason in a FogRollout's status. */
export const NOT_SIGNED = 'NotSigned';

/** What was not signed, with why, and what it says. */
export interface Unsigned {
  [UNSIGNED]: string;
  value?: unknown;
}

/** Why a value cannot be trusted; undefined when it was signed. */
export function whyUnsigned(value: unknown): string | undefined {
  return isUnsigned(value) ? value[UNSIGNED] : undefined;
}

/** The same of several values: of the first that cannot. */
export function whyAnyUnsigned(values: readonly unknown[]): string | undefined {
  return values.map(whyUnsigned).find((why) => why !== undefined);
}

/** The value, signed or not. */
export function signedOrNot(value: unknown): unknown {
  return isUnsigned(value) ? value.value : value;
}

function isUnsigned(value: unknown): value is Unsigned {
  return typeof value === 'object' && value !== null && UNSIGNED in value;
}
