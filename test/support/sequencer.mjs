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
    const [e2e, workflow, unit] = ['e2e', 'workflow', 'unit'].map((project) =>
      super.sort(tests.filter(({ context }) => context.config.displayName?.name === project)),
    );
    return [...e2e.toSorted((a, b) => rankOf(a) - rankOf(b)), ...mixed(workflow, unit)];
  }
}

function rankOf({ path }) {
  const rank = FIRST.findIndex((name) => path.endsWith(`/e2e/${name}.test.ts`));
  return rank < 0 ? FIRST.length : rank;
}

/** Workflows wait most of the time, and unit tests work: side by side they take what the others leave. */
function mixed(workflow, unit) {
  const each = Math.ceil(unit.length / (workflow.length + 1));
  return workflow
    .flatMap((test, at) => [test, ...unit.slice(at * each, (at + 1) * each)])
    .concat(unit.slice(workflow.length * each));
}
