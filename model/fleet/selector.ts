import type { SiteRequirement, SiteSelector } from '../types.ts';

type Labels = Record<string, string>;

/**
 * Whether a selector takes something with these labels, by the rules of Kubernetes' label selectors: every label and
 * every expression must match; NotIn and DoesNotExist match where the label is absent; an empty selector takes all.
 *
 * @param selector - left out, takes all
 */
export function selects(selector: SiteSelector | undefined, labels: Labels = {}): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  return (
    Object.entries(matchLabels).every(([key, value]) => labelOf(labels, key) === value) &&
    matchExpressions.every((requirement) => meets(requirement, labels))
  );
}

function meets({ key, operator, values = [] }: SiteRequirement, labels: Labels): boolean {
  const value = labelOf(labels, key);
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}

/** Only labels that were set: `constructor` is a valid key, and every object inherits something of that name. */
export function labelOf(labels: Labels | undefined, key: string): string | undefined {
  return labels && Object.hasOwn(labels, key) ? labels[key] : undefined;
}

/** A label's key, its prefix left out of account, or its value, by the rules of Kubernetes. */
const KEY = /^([a-z0-9.-]+\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

export function isLabelKey(text: string): boolean {
  return KEY.test(text);
}

export function isLabelValue(text: string): boolean {
  return VALUE.test(text);
}

/**
 * The selector as a list request to the API server has it.
 *
 * @returns undefined where it takes everything, and where it has what can be no label's key or value
 */
export function selectorText(selector: SiteSelector | undefined): string | undefined {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  const requirements: SiteRequirement[] = [
    ...Object.entries(matchLabels).map(([key, value]): SiteRequirement => ({ key, operator: 'In', values: [value] })),
    ...matchExpressions,
  ];
  const areLabels = requirements.every(({ key, values = [] }) => isLabelKey(key) && values.every(isLabelValue));
  return areLabels && requirements.length > 0 ? requirements.map(requirementText).join(',') : undefined;
}

function requirementText({ key, operator, values = [] }: SiteRequirement): string {
  switch (operator) {
    case 'In':
      return `${key} in (${values.join(',')})`;
    case 'NotIn':
      return `${key} notin (${values.join(',')})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
  }
}
