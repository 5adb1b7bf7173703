// A machine may have no time for a test for a moment, and less when others share it; Jest would give a test 5 s. What is
// slow here still ends well, only later.
import { jest } from '@jest/globals';

jest.setTimeout(globalThis.PATIENCE_MS);
