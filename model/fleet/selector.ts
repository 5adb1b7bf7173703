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
