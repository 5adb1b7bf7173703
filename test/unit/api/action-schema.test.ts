/** The body of an action is what a FogAction's spec is, but for what the path and the token say. */
import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { ACTION_REQUIREMENTS, ActionSchema, ONLY_OF } from '../../../api/schemas/actions.ts';

interface Schema {
  properties: Record<string, Record<string, unknown>>;
  required: string[];
  'x-kubernetes-validations': { rule: string; message: string; fieldPath?: string }[];
}

const crd = parse(readFileSync(new URL('../../../crds/fogactions.yaml', import.meta.url), 'utf8'));
const spec: Schema = crd.spec.versions[0].schema.openAPIV3Schema.properties.spec;
const SAID_ELSEWHERE = ['rollout', 'requestedBy'];

it('has the fields of the CRD, with its limits', () => {
  const ours = JSON.parse(JSON.stringify(ActionSchema)) as Schema;
  const limits = ({ properties }: Schema) =>
    Object.fromEntries(
      Object.entries(properties)
        .filter(([name]) => !SAID_ELSEWHERE.includes(name))
        .map(([name, { description: _, format: __, ...schema }]) => [name, schema]),
    );
  const { revision, ...rest } = limits(ours);
  const { revision: theirs, ...expected } = limits(spec);
  // JSON's numbers are not to be trusted beyond.
  expect(revision).toEqual({ ...theirs, maximum: Number.MAX_SAFE_INTEGER });
  const withTypes = Object.entries(rest).map(([name, schema]) => [name, { type: 'string', ...schema }]);
  expect(Object.fromEntries(withTypes)).toEqual(expected);
  expect(ours.required).toEqual(spec.required.filter((name) => !SAID_ELSEWHERE.includes(name)));
});

it('has its rules on what only some actions are about', () => {
  const rules = Object.entries(ONLY_OF).map(
    ([field, actions]) => `self.action in [${actions.map((one) => `'${one}'`).join(', ')}] || !has(self.${field})`,
  );
  expect(rules).toEqual(
    spec['x-kubernetes-validations'].map(({ rule }) => rule).filter((rule) => rule !== 'self == oldSelf'),
  );
});

it('says of every field what it must be', () => {
  expect(Object.keys(ACTION_REQUIREMENTS).filter(Boolean).sort()).toEqual(Object.keys(spec.properties).sort());
});
