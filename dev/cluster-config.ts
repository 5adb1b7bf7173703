/** What kwokctl is told: one YAML file with the cluster's options and the stages of its simulated pods. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import type { ToolName } from './tools/catalog.ts';

/** kwokctl's own default is to pick any free port, which may be taken when a stopped cluster starts again. */
export interface ClusterPorts {
  apiServer: number;
  etcd: number;
  etcdPeer: number;
  controllerManager: number;
  scheduler: number;
  kwok: number;
}

export type ToolPaths = Partial<Record<ToolName, string>>;

/** Image of pods that take a while, and how long. */
const SLOW_IMAGE = 'test/slow';
const SLOW_MS = 4_000;

/** The default /24 holds 254 Services; after those every create fails with "range is full". */
const SERVICE_RANGE = '10.96.0.0/12';

/** A cluster's six ports in a row, the API server's first. */
export function portsFrom(apiServer: number): ClusterPorts {
  return {
    apiServer,
    etcd: apiServer + 1,
    etcdPeer: apiServer + 2,
    controllerManager: apiServer + 3,
    scheduler: apiServer + 4,
    kwok: apiServer + 5,
  };
}

export function clusterConfig(ports: ClusterPorts, tools: ToolPaths): string {
  const options = {
    apiVersion: 'config.kwok.x-k8s.io/v1alpha1',
    kind: 'KwokctlConfiguration',
    options: {
      runtime: 'binary',
      bindAddress: '127.0.0.1',
      disableQPSLimits: true,
      kubeApiserverPort: ports.apiServer,
      etcdPort: ports.etcd,
      etcdPeerPort: ports.etcdPeer,
      kubeControllerManagerPort: ports.controllerManager,
      kubeSchedulerPort: ports.scheduler,
      kwokControllerPort: ports.kwok,
      etcdBinary: tools.etcd,
      kubeApiserverBinary: tools['kube-apiserver'],
      kubeControllerManagerBinary: tools['kube-controller-manager'],
      kubeSchedulerBinary: tools['kube-scheduler'],
      kwokControllerBinary: tools.kwok,
      kubectlBinary: tools.kubectl,
    },
    componentsPatches: [
      {
        name: 'kube-apiserver',
        extraArgs: [
          { key: 'service-cluster-ip-range', value: SERVICE_RANGE },
          // Every five minutes it would read all there is from etcd, twice: seconds of a core in a large cluster.
          { key: 'feature-gates', value: 'DetectCacheInconsistency=false' },
        ],
      },
      // There is one of each: an election only makes them wait 15 s for their own old lease after a
      // restart, and end themselves when the API server was away for longer than the lease.
      { name: 'kube-controller-manager', extraArgs: [{ key: 'leader-elect', value: 'false' }] },
      { name: 'kube-scheduler', extraArgs: [{ key: 'leader-elect', value: 'false' }] },
    ],
  };
  return [options, ...stages()].map((document) => stringify(document, { lineWidth: 0 })).join('---\n');
}

interface Requirement {
  key: string;
  operator: string;
  values?: string[];
}

interface Stage {
  metadata: { name: string };
  spec: { selector: { matchExpressions: Requirement[] }; delay?: { durationMilliseconds: number }; next: unknown };
}

function stages(): Stage[] {
  const text = readFileSync(join(import.meta.dirname, 'stages.yaml'), 'utf8');
  const written = parseAllDocuments(text).map((document) => document.toJS() as Stage);
  return [...written, slowCopyOf(written.find(({ metadata }) => metadata.name === 'pod-ready')!)];
}

function slowCopyOf(ready: Stage): Stage {
  const slow = structuredClone(ready);
  slow.metadata.name = 'pod-slow';
  slow.spec.delay = { durationMilliseconds: SLOW_MS };
  const image = slow.spec.selector.matchExpressions.find(({ key }) => key.includes('.image'))!;
  Object.assign(image, { operator: 'In', values: [SLOW_IMAGE] });
  return slow;
}
