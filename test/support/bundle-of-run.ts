/** Where the workflow code of a test run is, as production brings it: bundled once, each time takes seconds. */
export const BUNDLE_VARIABLE = 'FOG_ROLLOUTS_TEST_BUNDLE';

/** Path of the bundle; undefined outside of a test run. */
export function bundleOfRun(): string | undefined {
  return process.env[BUNDLE_VARIABLE];
}
