/** Rollouts of a given size with all that stands around them, as kubectl answers for them. */
import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import type { Surroundings } from '../../../model/rollout-tree.ts';
import type { FogRollout, FogShard, FogSite, LayerStatus } from '../../../model/types.ts';
import { aLayer, aRollout, revision } from '../model/builders.ts';
import { away } from '../model/fleet/records.ts';
import { aSite } from '../model/fleet/sites.ts';

export const NOW = '2026-11-22T12:00:00Z';

export interface Fleet {
  rollout: FogRollout;
  around: Surroundings;
}

/** As JSON has it: times are strings there, whatever client-node's types say. */
export function aDeployment(namespace: string, name: string, [available, wanted]: [number, number]): V1Deployment {
  return {
    metadata: { namespace, name, uid: `uid-${namespace}`, generation: 1, creationTimestamp: '2026-11-20T12:00:00Z' },
    spec: { replicas: wanted },
    status: {
      observedGeneration: 1,
      replicas: wanted,
      updatedReplicas: wanted,
      readyReplicas: available,
      availableReplicas: available,
    },
  } as unknown as V1Deployment;
}

/** `pull`: its image is not there. */
export function aPod(namespace: string, name: string, state: 'ready' | 'starting' | 'pull'): V1Pod {
  const isReady = state === 'ready';
  const waiting = { reason: 'ImagePullBackOff', message: 'Back-off pulling image "nginx:nope"' };
  const status = { name: 'nginx', ready: isReady, restartCount: isReady ? 2 : 0 };
  return {
    metadata: {
      namespace,
      name,
      creationTimestamp: '2026-11-22T11:59:00Z',
      ownerReferences: [{ kind: 'ReplicaSet', name: name.replace(/-[^-]+$/, '') }],
    },
    spec: { containers: [{ name: 'nginx' }] },
    status: {
      conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }],
      containerStatuses: [{ ...status, state: state === 'pull' ? { waiting } : { running: {} } }],
    },
  } as unknown as V1Pod;
}

function around(given: Partial<Surroundings>): Surroundings {
  return { shards: [], deployments: [], pods: [], unread: [], ...given };
}

/** Three layers without FogSites, the last of which does not get its image. */
export function threeSites(): Fleet {
  const times = { startedAt: '2026-11-22T11:58:00Z', finishedAt: '2026-11-22T11:58:12Z' };
  const message = 'edge: ImagePullBackOff: container nginx of web-edge-5d4f-a: Back-off pulling image "nginx:nope"';
  const ready = { total: 1, updated: 1, ready: 1, failed: 0, deferred: 0 };
  const layers = [
    aLayer('cloud', { phase: 'Ready', version: 'v1.2.0', sites: ready, ...times }),
    aLayer('fog', { phase: 'Ready', version: 'v1.2.0', sites: ready, ...times }),
    aLayer('edge', { phase: 'Progressing', version: 'v1.2.0', startedAt: '2026-11-22T11:58:30Z', message }),
  ];
  return {
    rollout: aRollout({}, { observedGeneration: 3, phase: 'Progressing', version: 'v1.1.0', revision, layers }),
    around: around({
      deployments: [
        aDeployment('cloud', 'web-cloud', [3, 3]),
        aDeployment('fog', 'web-fog', [2, 2]),
        aDeployment('edge', 'web-edge', [1, 3]),
      ],
      pods: [
        aPod('cloud', 'web-cloud-77b8-a', 'ready'),
        aPod('edge', 'web-edge-5d4f-a', 'pull'),
        aPod('edge', 'web-edge-5d4f-b', 'ready'),
        aPod('edge', 'web-edge-5d4f-c', 'starting'),
      ],
    }),
  };
}

/** An edge of many sites in three waves; the letter of each is told by its number. */
export function manySites(count: number, letterOf: (at: number) => string): Fleet {
  const sizes = [
    ['canary', 5],
    ['tenth', count / 10],
    ['rest', count - count / 10 - 5],
  ] as const;
  const shards: FogShard[] = [];
  let at = 0;
  for (const [wave, size] of sizes) {
    for (let left: number = size; left > 0; left -= 200) {
      const numbers = Array.from({ length: Math.min(left, 200) }, () => at++);
      shards.push(aShardOf(wave, shards.length, numbers, letterOf));
    }
  }
  const sites = shards.flatMap(({ spec }) => spec.sites.map((site) => aFogSite(site.name)));
  const letters = shards.map(({ status }) => status!.phases).join('');
  return {
    rollout: aRollout(
      {},
      {
        observedGeneration: 3,
        phase: 'Progressing',
        version: 'v1.1.0',
        revision,
        layers: [
          aLayer('cloud', { phase: 'Ready', version: 'v1.2.0', sites: one(), startedAt: SINCE, finishedAt: NOW }),
          aLayer('edge', {
            phase: 'Progressing',
            version: 'v1.2.0',
            hash: 'content-4',
            shards: shards.length,
            startedAt: SINCE,
            sites: {
              total: count,
              updated: 0,
              ready: counted(letters, 'r'),
              failed: counted(letters, 'f'),
              deferred: counted(letters, 'd'),
            },
          }),
        ],
      },
    ),
    around: around({
      shards,
      sites,
      deployments: sites
        .filter(isOnHub)
        .map((site) => aDeployment(site.metadata.name, 'web-edge', [1, 2]))
        .slice(0, 500),
      pods: sites
        .filter(isOnHub)
        .map((site) => aPod(site.metadata.name, 'web-edge-5d4f-a', 'pull'))
        .slice(0, 1000),
    }),
  };
}

const SINCE = '2026-11-22T11:30:00Z';
const one = (): LayerStatus['sites'] => ({ total: 1, updated: 1, ready: 1, failed: 0, deferred: 0 });
const counted = (letters: string, letter: string) => letters.split(letter).length - 1;
/** Every other site is on a cluster of its own. */
const isFar = (at: number) => at % 2 === 1;
const isOnHub = (site: FogSite) => site.spec.taskQueue === undefined;
const nameOf = (at: number) => `field-${at}`;

function aShardOf(wave: string, index: number, numbers: number[], letterOf: (at: number) => string): FogShard {
  const letters = numbers.map(letterOf);
  const failed = numbers.filter((_, place) => letters[place] === 'f');
  return {
    apiVersion: 'paguos.io/v1alpha1',
    kind: 'FogShard',
    metadata: { name: `fgs-web-edge-${index}-uid-1`, namespace: 'shop' },
    spec: {
      rollout: 'web',
      uid: 'uid-1',
      layer: 'edge',
      generation: 4,
      version: 'v1.2.0',
      hash: 'content-4',
      run: 'r1',
      index,
      wave,
      sites: numbers.map((at) => ({
        name: nameOf(at),
        namespace: nameOf(at),
        ...(isFar(at) ? { cluster: 'own', queue: `region-${at % 7}` } : { cluster: 'hub' }),
        had: { version: 'v1.1.0', generation: 3, hash: 'content-3' },
      })),
    },
    status: {
      phases: letters.join(''),
      reports: 1,
      notes: failed.map((at) => ({
        site: nameOf(at),
        reason: 'ImagePullBackOff',
        message: `${nameOf(at)}: container nginx: Back-off pulling image "nginx:nope"`,
      })),
    },
  };
}

function aFogSite(name: string): FogSite {
  const at = Number(name.split('-')[1]);
  const queue = isFar(at) && { taskQueue: `region-${at % 7}` };
  // A few have become ready and are out of reach since.
  return aSite(name, { ...queue, ...(isFar(at) && at % 1001 === 7 && { status: away() }) });
}
