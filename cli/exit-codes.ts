/** What the command ends with, besides what kubectl does where its words are handed on. */
export const EXIT = {
  ok: 0,
  /** The rollout failed, the action was refused, kubectl said no, a manifest is wrong, a manifest differs. */
  failed: 1,
  /** The command was not understood; of `diff`, any error. */
  usage: 2,
  /** The time was over. */
  timeout: 3,
} as const;
