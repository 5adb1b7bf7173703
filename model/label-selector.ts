/** Label selectors as people write them, in the text that kubectl and the API server take. Pure. */
import { isLabelKey, isLabelValue } from './fleet/selector.ts';
import type { SiteRequirement, SiteSelector } from './types.ts';

const WORD = String.raw`[^\s,=!()]+`;
const SET = new RegExp(String.raw`^(${WORD})\s+(in|notin)\s+\(([^()]*)\)$`);
const EQUALITY = new RegExp(String.raw`^(${WORD})\s*(==|=|!=)\s*(${WORD})?$`);
const EXISTENCE = new RegExp(String.raw`^(!?)\s*(${WORD})$`);

/** Between requirements, and not between the values of one. */
const COMMA = /,(?![^(]*\))/;

/**
 * Reads e.g. `region=north,tier in (gold,silver),!drained`.
 *
 * @returns undefined for what is no selector; one that takes all for an empty text
 */
export function selectorIn(text: string): SiteSelector | undefined {
  if (text.trim() === '') return {};
  const requirements = text.split(COMMA).map((part) => requirementIn(part.trim()));
  const matchExpressions = requirements.filter((one) => one !== undefined);
  return matchExpressions.length === requirements.length ? { matchExpressions } : undefined;
}

function requirementIn(text: string): SiteRequirement | undefined {
  const requirement = setIn(text) ?? equalityIn(text) ?? existenceIn(text);
  if (!requirement) return undefined;
  const { key, values = [] } = requirement;
  return isLabelKey(key) && values.every(isLabelValue) ? requirement : undefined;
}

function setIn(text: string): SiteRequirement | undefined {
  const [, key, operator, list] = SET.exec(text) ?? [];
  if (key === undefined || list === undefined) return undefined;
  return { key, operator: operator === 'in' ? 'In' : 'NotIn', values: list.split(',').map((value) => value.trim()) };
}

function equalityIn(text: string): SiteRequirement | undefined {
  const [, key, operator, value = ''] = EQUALITY.exec(text) ?? [];
  return key === undefined ? undefined : { key, operator: operator === '!=' ? 'NotIn' : 'In', values: [value] };
}

function existenceIn(text: string): SiteRequirement | undefined {
  const [, not, key] = EXISTENCE.exec(text) ?? [];
  return key === undefined ? undefined : { key, operator: not === '!' ? 'DoesNotExist' : 'Exists' };
}
