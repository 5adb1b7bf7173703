import { availableParallelism } from 'node:os';

// Jest runs the TypeScript sources as ES modules; swc only strips the types.
const transform = {
  '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' } }],
};
const base = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform,
  setupFilesAfterEnv: ['<rootDir>/test/support/patience.mjs'],
  globals: { PATIENCE_MS: 120_000 },
};

const onStacks = {
  ...base,
  globals: { PATIENCE_MS: 240_000 },
  globalSetup: '<rootDir>/test/support/setup-stack.mjs',
  globalTeardown: '<rootDir>/test/support/teardown.mjs',
};

const withoutStack = { setupFilesAfterEnv: [...base.setupFilesAfterEnv, '<rootDir>/test/support/no-stack.mjs'] };

export default {
  // The slow tests wait more than they work: two at a time used half of two cores.
  maxWorkers: Math.max(3, Math.floor(availableParallelism() / 2)),
  // npm run coverage: of the unit tests alone. What only a real cluster or Temporal runs counts as not covered.
  collectCoverageFrom: [
    '{activities,api,cli,encryption,entry,kube,model,observed,page,signing,tracing,watcher,workers,workflows}/**/*.ts',
  ],
  coveragePathIgnorePatterns: ['/node_modules/', '/model/generated/'],
  coverageProvider: 'v8',
  coverageReporters: ['text-summary', 'html'],
  testSequencer: '<rootDir>/test/support/sequencer.mjs',
  projects: [
    { ...base, ...withoutStack, displayName: 'unit', testMatch: ['<rootDir>/test/unit/**/*.test.ts'] },
    {
      ...base,
      ...withoutStack,
      displayName: 'workflow',
      testMatch: ['<rootDir>/test/workflow/**/*.test.ts'],
      globalSetup: '<rootDir>/test/support/setup-temporal.mjs',
      globalTeardown: '<rootDir>/test/support/teardown.mjs',
    },
    {
      ...onStacks,
      displayName: 'e2e',
      setupFilesAfterEnv: [...base.setupFilesAfterEnv, '<rootDir>/test/support/shared-stack.mjs'],
      testMatch: ['<rootDir>/test/e2e/**/*.test.ts'],
    },
    // Apart from `make test`: each file has a stack of its own.
    { ...onStacks, displayName: 'clusters', testMatch: ['<rootDir>/test/clusters/**/*.test.ts'] },
  ],
};
