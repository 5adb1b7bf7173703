import Sequencer from '@jest/test-sequencer';

/** The slow ones first, so that at the end no worker waits for one of them; and those with stacks of their own before all others. */
const FIRST = [
  'crash',
  'fleet',
  'chart-release',
  'roles',
  'regions-apart',
  'sites',
  'temporal-away',
  'region',
  'site-windows',
  'region-sites',
  'parted-sites',
  'traces',
  'catch-up',
  'reports',
  'api-sites',
  'shapes',
  'openapi',
];

export default class SlowFirst extends Sequencer {
  sort(tests) {
    const of = (project) => super.sort(tests.filter(({ context }) => context.config.displayName?.name === project));
    return [...of('e2e').toSorted((a, b) => rankOf(a) - rankOf(b)), ...of('workflow'), ...of('unit')];
  }
}

function rankOf({ path }) {
  const rank = FIRST.findIndex((name) => path.endsWith(`/e2e/${name}.test.ts`));
  return rank < 0 ? FIRST.length : rank;
}
