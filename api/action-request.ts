import { hash, randomUUID } from 'node:crypto';
import type { Static } from 'typebox';
import Compile from 'typebox/compile';
import type { RolloutKey } from '../model/types.ts';
import { badField, type Problem } from './problems.ts';
import { ACTION_REQUIREMENTS, ActionSchema, ONLY_OF } from './schemas/actions.ts';

export type ActionBody = Static<typeof ActionSchema>;

const checked = Compile(ActionSchema);
const LONGEST_NAME = 100;

/** Exactly as it was sent: nothing is made into what it is not, and no field is passed over. @throws a Problem: 400 */
export function actionIn(body: unknown): ActionBody {
  if (!checked.Check(body)) throw badBody(wrongField(body));
  for (const [field, actions] of Object.entries(ONLY_OF)) {
    if (field in body && !(actions as readonly string[]).includes(body.action)) {
      throw badBody(field, `must be left out: only ${actions.join(' and ')} are about a ${field}`);
    }
  }
  // Half of a character would come back from Temporal as another.
  return body.reason === undefined ? body : { ...body, reason: body.reason.toWellFormed() };
}

function wrongField(body: unknown): string {
  const [error] = checked.Errors(body);
  const params = (error?.params ?? {}) as { additionalProperties?: string[]; requiredProperties?: string[] };
  const [name = ''] = params.additionalProperties ?? params.requiredProperties ?? [];
  return error?.instancePath.split('/')[1] ?? name;
}

function badBody(field: string, message = requirementOf(field)): Problem {
  return badField({ field: field.slice(0, LONGEST_NAME), in: 'body', message });
}

function requirementOf(field: string): string {
  return (Object.hasOwn(ACTION_REQUIREMENTS, field) && ACTION_REQUIREMENTS[field]) || 'is no field of an action';
}

/** A key for who gave none. */
export function newKey(): string {
  return randomUUID();
}

/**
 * What an action is known by: the same for the same key, of the same person, about the same FogRollout, asking the same. So a
 * key that is used for something else names another action, and nobody takes another's.
 */
export function uidOf(key: string, by: string, { namespace, name }: RolloutKey, body: ActionBody): string {
  const whole = [key, by, namespace, name, Object.entries(body).sort()];
  return hash('sha256', JSON.stringify(whole), 'base64url');
}
