import Sequencer from '@jest/test-sequencer';

/** The slow ones first, so that at the end no worker waits for one of them: they take the longest by far. */
const PROJECTS = ['e2e', 'workflow', 'unit'];
const LONGEST = [
  'fleet',
  'crash',
  'roles',
  'shapes',
  'regions-apart',
  'region',
  'sites',
  'region-sites',
  'chart-release',
];

export default class SlowFirst extends Sequencer {
  sort(tests) {
    return super.sort(tests).toSorted((a, b) => rankOf(a) - rankOf(b));
  }
}

function rankOf({ path, context }) {
  const project = PROJECTS.indexOf(context.config.displayName?.name);
  const place = LONGEST.findIndex((name) => path.endsWith(`/e2e/${name}.test.ts`));
  return project * 100 + (place < 0 ? LONGEST.length : place);
}
