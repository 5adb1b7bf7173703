import Sequencer from '@jest/test-sequencer';

/** The slow ones first, so that at the end no worker waits for one of them. */
const FIRST = [
  ...['crash', 'chart-release', 'fleet', 'sites', 'regions-apart', 'roles', 'region', 'region-sites', 'temporal-away'],
  ...['chart-admission', 'openapi', 'shapes', 'encryption', 'other-hubs', 'kubectl-fog', 'authors'],
];

export default class SlowFirst extends Sequencer {
  sort(tests) {
    const of = (project) => super.sort(tests.filter(({ context }) => context.config.displayName?.name === project));
    const onStacks = [...of('clusters'), ...of('e2e')].toSorted((a, b) => rankOf(a) - rankOf(b));
    return [...onStacks, ...of('workflow'), ...of('unit')];
  }
}

function rankOf({ path }) {
  const rank = FIRST.findIndex((name) => path.endsWith(`/${name}.test.ts`));
  return rank < 0 ? FIRST.length : rank;
}
