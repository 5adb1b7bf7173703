/** What the environment says about the embedded stack: ports, and parts that are someone else's. */
import { resolve } from 'node:path';
import { StackError } from './errors.ts';
import type { Home } from './home.ts';

export interface Settings {
  apiPort: number;
  temporalPort: number;
  temporalUiPort: number;
  temporalMetricsPort: number;
  /** The API server's; the five above it are taken by the other parts of the cluster. */
  kubePort: number;
  /** Simulated nodes of a new cluster; each takes 110 pods. */
  nodes: number;
  /** Path of the user's own kubeconfig: then no cluster is started. */
  givenKubeconfig?: string;
  /** host:port of the user's own Temporal: then none is started. */
  givenTemporal?: string;
}

/** Names of the variables, for the errors that say which one to set. */
export const VARIABLES = {
  apiPort: 'FOG_ROLLOUTS_PORT',
  temporalPort: 'FOG_ROLLOUTS_TEMPORAL_PORT',
  temporalUiPort: 'FOG_ROLLOUTS_TEMPORAL_UI_PORT',
  temporalMetricsPort: 'FOG_ROLLOUTS_TEMPORAL_METRICS_PORT',
  kubePort: 'FOG_ROLLOUTS_KUBE_PORT',
  nodes: 'FOG_ROLLOUTS_NODES',
} as const;

const HIGHEST_PORT = 65_535;
const CLUSTER_PORTS = 6;
const MOST_NODES = 1_000;

/** @throws StackError that names the variable with a bad value. */
export function settingsFrom(env: NodeJS.ProcessEnv, home: Home): Settings {
  const number = (key: keyof typeof VARIABLES, fallback: number, max = HIGHEST_PORT) =>
    numberIn(env[VARIABLES[key]], { variable: VARIABLES[key], fallback, max });
  const settings: Settings = {
    apiPort: number('apiPort', 8080),
    temporalPort: number('temporalPort', 7233),
    temporalUiPort: number('temporalUiPort', 8233),
    temporalMetricsPort: number('temporalMetricsPort', 7243),
    kubePort: number('kubePort', 16_443, HIGHEST_PORT - CLUSTER_PORTS + 1),
    nodes: number('nodes', 40, MOST_NODES),
  };
  const kubeconfig = env.KUBECONFIG;
  if (kubeconfig && resolve(kubeconfig) !== home.kubeconfig) settings.givenKubeconfig = kubeconfig;
  const temporal = env.TEMPORAL_ADDRESS;
  if (temporal && !isOurs(temporal, settings.temporalPort)) settings.givenTemporal = temporal;
  return settings;
}

// Whoever exported the lines that `make run` prints still means the embedded stack.
function isOurs(address: string, port: number): boolean {
  return ['localhost', '127.0.0.1'].some((host) => address === `${host}:${port}`);
}

function numberIn(
  text: string | undefined,
  { variable, fallback, max }: { variable: string; fallback: number; max: number },
) {
  if (!text) return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > max)
    throw new StackError(`${variable} is "${text}", but must be a whole number from 1 to ${max}`);
  return value;
}
