import all from '../../jest.config.mjs';

const { transform, extensionsToTreatAsEsm, setupFilesAfterEnv } = all.projects[0];

// Apart from `make test`: it takes a PostgreSQL, and the real Temporal server to be built.
export default {
  rootDir: '../..',
  displayName: 'postgres',
  testEnvironment: 'node',
  extensionsToTreatAsEsm,
  transform,
  setupFilesAfterEnv,
  globals: { PATIENCE_MS: 240_000 },
  testMatch: ['<rootDir>/test/postgres/**/*.test.ts'],
  globalSetup: '<rootDir>/test/postgres/support/setup.mjs',
  globalTeardown: '<rootDir>/test/support/teardown.mjs',
};
