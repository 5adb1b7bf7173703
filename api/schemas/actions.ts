import { Type } from 'typebox';
import { LAYERS } from '../../model/layers.ts';
import { PLAN_HASH } from '../../model/plan-hash.ts';
import { ACTIONS } from '../../model/run/steering.ts';
import { ACTION_TAKEN } from './examples.ts';

/** The fields of a FogAction that say what is asked; test/unit/api/action-schema.test.ts holds them to its CRD. */
export const ActionSchema = Type.Object(
  {
    action: Type.Enum([...ACTIONS], { description: 'What is asked, as of a FogAction' }),
    layer: Type.Optional(
      Type.Enum([...LAYERS], {
        description:
          'Of Approve, Reject and Skip: of which layer, where several wait; of Skip without site and wave, which is passed over',
      }),
    ),
    wave: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 80,
        description: 'After which wave the gate is; of Skip, which is passed over',
      }),
    ),
    site: Type.Optional(
      Type.String({ minLength: 1, maxLength: 253, description: 'Of Skip: the FogSite that is passed over' }),
    ),
    gate: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 63,
        description: 'Of Approve and Reject: which gate, where several wait',
      }),
    ),
    revision: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: Number.MAX_SAFE_INTEGER,
        description:
          'The generation that is meant: of Rollback, whose content it goes back to; of others, which one is to be under way',
      }),
    ),
    plan: Type.Optional(
      Type.String({
        pattern: PLAN_HASH.source,
        description: 'Of Approve: hash of the plan that is approved; with another under way it is refused',
      }),
    ),
    reason: Type.Optional(Type.String({ maxLength: 256, description: 'Why, for people' })),
  },
  {
    $id: 'Action',
    description: 'What a person asks of a FogRollout',
    additionalProperties: false,
    examples: [{ action: 'Pause', reason: 'incident 7' }],
  },
);

/** What some actions only are about, as rules of the CRD have it. */
export const ONLY_OF = {
  gate: ['Approve', 'Reject'],
  layer: ['Approve', 'Reject', 'Skip'],
  wave: ['Approve', 'Reject', 'Skip'],
  site: ['Skip'],
  plan: ['Approve'],
} as const satisfies Record<string, readonly (typeof ACTIONS)[number][]>;

/** What each field of the body must be, in words. */
export const ACTION_REQUIREMENTS: Record<string, string> = {
  '': 'must be a JSON object with the field "action"',
  action: `must be one of ${ACTIONS.join(', ')}`,
  layer: `must be one of ${LAYERS.join(', ')}`,
  wave: 'must be the name of a wave, 1 to 80 characters',
  site: 'must be the name of a FogSite, 1 to 253 characters',
  gate: 'must be the name of a gate, 1 to 63 characters',
  revision: 'must be a generation of the FogRollout, a whole number from 1',
  plan: 'must be the hash of a plan, 32 hexadecimal digits in lower case',
  reason: 'must be text of at most 256 characters',
  requestedBy: 'must be left out: who asks is whose token it is',
  rollout: 'must be left out: the path names the FogRollout',
};

export const IdempotencyHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 128,
      pattern: '^[!-~]+$',
      description: 'Names the action, so that it is taken once however often it is sent; made and answered if left out',
    }),
  ),
});

/** Of the answers that say what came of an action. */
export const IDEMPOTENCY_HEADER = {
  'Idempotency-Key': {
    description: 'Under which the action is known: that of the request, or a new one',
    type: 'string',
  },
};

export const ActionTakenSchema = Type.Object(
  {
    namespace: Type.String(),
    rollout: Type.String(),
    action: Type.Enum([...ACTIONS]),
    requestedBy: Type.String({ description: 'Whose token it was' }),
    state: Type.Literal('Accepted'),
    message: Type.String({ description: 'What it did, for a person' }),
    uid: Type.String({ description: 'Of the action, as the log has it' }),
  },
  { $id: 'ActionTaken', description: 'An action that was taken', examples: [ACTION_TAKEN] },
);
