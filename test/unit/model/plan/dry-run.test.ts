import { describe, expect, it } from '@jest/globals';
import {
  dryRun,
  dryRunOfRollout,
  isForLackOfRight,
  type PlanServer,
  type Verdict,
  withAnswers,
} from '../../../../model/plan/dry-run.ts';
import { planRollout } from '../../../../model/plan/rollout-plan.ts';
import { aRollout, content } from '../builders.ts';
import { aSite } from '../fleet/sites.ts';

const wanted = aRollout({ version: 'v2', deployments: { cloud: content, fog: content, edge: content } });
/** Says that to everything of a namespace; the others take all. */
const saying = (verdicts: Record<string, Verdict>): PlanServer => ({
  judge: async (namespace, objects) => verdicts[namespace] ?? { pairs: objects.map((after) => ({ after })) },
});

describe('A dry run', () => {
  it('tells of each layer in their order, whoever answers first', async () => {
    const late = Promise.withResolvers<void>();
    const server: PlanServer = {
      async judge(namespace) {
        if (namespace === 'cloud') await late.promise;
        else late.resolve();
        return { refused: `no from ${namespace}` };
      },
    };
    const { refusals } = await dryRun(server, wanted, { live: undefined, sites: [] });
    expect(refusals).toEqual(['cloud: no from cloud', 'fog: no from fog', 'edge: no from edge']);
  });

  it('asks for one site of a layer that is on the hub, and says where there is none', async () => {
    const namespaces: string[] = [];
    const server: PlanServer = {
      judge: async (namespace) => {
        namespaces.push(namespace);
        return { pairs: [] };
      },
    };
    const sites = [
      aSite('edge-far', { cluster: { kubeconfigSecretRef: { name: 'far' } } }),
      aSite('edge-near', { namespace: 'near' }),
      aSite('fog-far', { layer: 'fog', cluster: { kubeconfigSecretRef: { name: 'far' } } }),
    ];
    const { unknown } = await dryRun(server, wanted, { live: undefined, sites });
    expect(namespaces).toEqual(['cloud', 'near']);
    expect(unknown).toEqual(['fog: no site of it is on the hub, so no server was asked what it takes']);
  });

  it('is no reproach where the namespace is still to be made', async () => {
    const asked = await dryRun(saying({ edge: { noNamespace: true } }), wanted, { live: undefined, sites: [] });
    expect([asked.refusals, asked.unknown, Object.keys(asked.diffs)]).toEqual([[], [], ['cloud', 'fog']]);
    const itself = await dryRunOfRollout(saying({ shop: { noNamespace: true } }), wanted);
    expect(itself.refusals).toEqual(['the namespace shop does not exist']);
  });

  it('tells of a layer what the server would change, and else the plan does', async () => {
    const live = aRollout({});
    const plan = planRollout(wanted, { live, sites: [], shards: [] });
    const server = saying({ cloud: { pairs: [{ after: { kind: 'Deployment', metadata: { name: 'web-cloud' } } }] } });
    const asked = await dryRun(server, wanted, { live, sites: [] });
    const diffs = withAnswers(plan, asked).steps.map((step) => (step.kind === 'stage' ? step.diff : undefined));
    expect(diffs[0]!.map(({ kind, effect }) => `${kind} ${effect}`)).toEqual(['Deployment new', 'Service same']);
    expect(withAnswers(plan, { refusals: ['no'], diffs: {} })).toEqual({ ...plan, refusals: ['no'] });
  });

  it.each([
    ['deployments.apps "a" is forbidden: User "b" cannot patch resource "deployments" in API group "apps"', true],
    ['deployments.apps "a" is forbidden: exceeded quota: small', false],
    ["ValidatingAdmissionPolicy 'p' with binding 'b' denied request: not on Fridays", false],
  ])('knows a right that is lacking from a rule: %s', (words, expected) => {
    expect(isForLackOfRight(words)).toBe(expected);
  });
});
