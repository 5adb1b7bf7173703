import type { Phase } from './types.ts';

/** Of a FogRollout, in the order in which it goes through them, those of an end last. */
export const ROLLOUT_PHASES = [
  'Pending',
  'Progressing',
  'WaitingForApproval',
  'Paused',
  'RollingBack',
  'Succeeded',
  'Failed',
  'Removing',
] as const satisfies readonly Phase[];
