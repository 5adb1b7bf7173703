import { describe, expect, it } from '@jest/globals';
import { ConfigError, loadConfig } from '../../../entry/config.ts';

describe('How much a worker takes on at a time', () => {
  it.each([
    ['is much where nothing is said', {}, { workflowTasks: 200, activities: 1_000, waits: 20_000 }],
    [
      'is what is said',
      { FOG_ROLLOUTS_WORKFLOW_TASK_SLOTS: '20', FOG_ROLLOUTS_ACTIVITY_SLOTS: '100', FOG_ROLLOUTS_WAIT_SLOTS: '7' },
      { workflowTasks: 20, activities: 100, waits: 7 },
    ],
  ])('%s', (_, environment, slots) => {
    expect(loadConfig(environment).slots).toEqual(slots);
  });

  it.each([
    ['FOG_ROLLOUTS_WORKFLOW_TASK_SLOTS', '1'],
    ['FOG_ROLLOUTS_WORKFLOW_TASK_SLOTS', 'many'],
    ['FOG_ROLLOUTS_ACTIVITY_SLOTS', '0'],
    ['FOG_ROLLOUTS_WAIT_SLOTS', '0'],
    ['FOG_ROLLOUTS_GATE_HOSTS', 'http://localhost'],
    ['FOG_ROLLOUTS_GATE_HOSTS', 'localhost,,a'],
    ['FOG_ROLLOUTS_CLUSTER_ONLY_HOSTS', 'https://k8s.example'],
    ['FOG_ROLLOUTS_CLUSTER_ONLY_HOSTS', 'k8s.*.example'],
    ['FOG_ROLLOUTS_GATE_TASK_QUEUES', 'a b'],
  ])('cannot be %s=%s', (name, value) => {
    expect(() => loadConfig({ [name]: value })).toThrow(ConfigError);
    expect(() => loadConfig({ [name]: value })).toThrow(name);
  });
});

describe('Acting by the API', () => {
  it.each([
    ['is off where nothing is said', {}, undefined],
    ['is for tokens meant for Kubernetes', { FOG_ROLLOUTS_API_ACTIONS: 'kubernetes' }, { audience: undefined }],
    [
      'or for an audience of its own',
      { FOG_ROLLOUTS_API_ACTIONS: 'kubernetes', FOG_ROLLOUTS_API_AUDIENCE: 'fog-rollouts' },
      { audience: 'fog-rollouts' },
    ],
    ['is not turned on by an audience', { FOG_ROLLOUTS_API_AUDIENCE: 'fog-rollouts' }, undefined],
  ])('%s', (_, environment, expected) => {
    expect(loadConfig(environment).apiActions).toEqual(expected);
  });

  it('is never turned on by a word that is not understood', () => {
    expect(() => loadConfig({ FOG_ROLLOUTS_API_ACTIONS: 'on' })).toThrow(
      'FOG_ROLLOUTS_API_ACTIONS must be one of off, kubernetes, but it is "on"',
    );
  });
});

describe('Reading by the API', () => {
  it.each([
    ['is open where nothing is said', { FOG_ROLLOUTS_API_AUDIENCE: 'fog-rollouts' }, undefined],
    ['is for those whom Kubernetes knows', { FOG_ROLLOUTS_API_READS: 'kubernetes' }, { audience: undefined }],
    [
      'whose tokens are for the audience of those who act',
      { FOG_ROLLOUTS_API_READS: 'kubernetes', FOG_ROLLOUTS_API_AUDIENCE: 'fog-rollouts' },
      { audience: 'fog-rollouts' },
    ],
  ])('%s', (_, environment, expected) => {
    expect(loadConfig(environment).apiReads).toEqual(expected);
  });

  it('is never left open by a word that is not understood', () => {
    expect(() => loadConfig({ FOG_ROLLOUTS_API_READS: 'closed' })).toThrow(
      'FOG_ROLLOUTS_API_READS must be one of open, kubernetes, but it is "closed"',
    );
  });
});

it.each([
  ['https://temporal.example.com/', 'https://temporal.example.com'],
  ['http://localhost:8233/ui//', 'http://localhost:8233/ui'],
])("Temporal's UI may be at %s", (given, expected) => {
  expect(loadConfig({ FOG_ROLLOUTS_TEMPORAL_UI_URL: given }).temporalUiUrl).toBe(expected);
});

describe('What is not understood', () => {
  it.each([
    [{ FOG_ROLLOUTS_TEMPORAL_UI_URL: 'javascript:alert(1)' }, /FOG_ROLLOUTS_TEMPORAL_UI_URL must match pattern/],
    [{ FOG_ROLLOUTS_LOG_LEVEL: 'loud' }, /FOG_ROLLOUTS_LOG_LEVEL must be one of fatal, .*, silent, but it is "loud"/],
    [{ FOG_ROLLOUTS_SIGNING_KEY: '/nowhere/key.pem' }, /FOG_ROLLOUTS_SIGNING_KEY: \/nowhere\/key\.pem cannot be read/],
    [{ FOG_ROLLOUTS_TRUSTED_KEYS: '/nowhere' }, /FOG_ROLLOUTS_TRUSTED_KEYS: the folder \/nowhere cannot be read/],
    [{ FOG_ROLLOUTS_PAYLOAD_KEYS: '/nowhere' }, /FOG_ROLLOUTS_PAYLOAD_KEYS: The folder \/nowhere/],
  ])('is named, and what it may be: %o', (environment, message) => {
    expect(() => loadConfig(environment)).toThrow(message);
  });
});
