// What asks real servers may meet a moment when the machine has no time for it; Jest would give it 5 s.
import { jest } from '@jest/globals';

jest.setTimeout(60_000);
