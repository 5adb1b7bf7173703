/** What is valid in a FogRollout and yet hardly what is meant: what a person who reads it would ask about. Pure. */
import { readExpression } from './gates/expression.ts';
import { LAYERS, type Layer } from './layers.ts';
import { InvalidReleaseError, servicePorts } from './service-ports.ts';
import type { FogRollout, Gate, LayerContent, LayerStrategy } from './types.ts';

export interface Finding {
  level: 'error' | 'warning';
  /** Where in the object. */
  path: (string | number)[];
  message: string;
}

type Spec = Pick<FogRollout, 'spec'>['spec'];

/** @param spec - one that its schema allows; defaults need not be applied */
export function findingsIn(spec: Spec): Finding[] {
  const layers = LAYERS.filter((layer) => spec.deployments[layer]);
  return [
    ...layers.flatMap((layer) => inLayer(spec, layer, layers[layers.indexOf(layer) + 1])),
    ...LAYERS.flatMap((layer) => inStrategy(spec, layer)),
    ...expressionFaults(spec),
  ];
}

/** What is written in CEL and cannot be read. No cluster reads it: else it is found out when the gate is come to. */
export function expressionFaults({ deployments, strategy }: Spec): Finding[] {
  return LAYERS.flatMap((layer) => {
    const own = strategy?.layers?.[layer];
    return own && deployments[layer] ? expressionsIn(own, ['spec', 'strategy', 'layers', layer]) : [];
  });
}

function inLayer({ deployments, strategy }: Spec, layer: Layer, next: Layer | undefined): Finding[] {
  const content = deployments[layer]!;
  const at = ['spec', 'deployments', layer];
  return [
    ...portsOf(content, at),
    ...imagesOf(content, at),
    ...(next === undefined ? [] : promotionOf(content, at, layer, next)),
    ...deadlineOf(content, at, layer, strategy?.progressDeadlineSeconds ?? 600),
  ];
}

/** The CRD's own rule needs a cluster to be asked. */
function portsOf(content: LayerContent, at: Finding['path']): Finding[] {
  try {
    servicePorts(content);
    return [];
  } catch (error) {
    if (!(error instanceof InvalidReleaseError)) throw error;
    return [{ level: 'error', path: [...at, 'containers'], message: error.message }];
  }
}

function imagesOf(content: LayerContent, at: Finding['path']): Finding[] {
  return (['initContainers', 'containers'] as const).flatMap((list) =>
    (content[list] ?? []).flatMap(({ name, image }, index): Finding[] => {
      const path = [...at, list, index, 'image'];
      if (!image) return [{ level: 'error', path, message: `The container ${name} has no image` }];
      if (image.includes('@')) return [];
      const tag = /:([^/:]+)$/.exec(image)?.[1];
      if (tag !== undefined && tag !== 'latest') return [];
      const what = tag === undefined ? 'has no tag' : 'has the tag latest';
      const message = `The image ${image} ${what}: nobody can tell what runs, and sites that pull later get another; name a version or a digest`;
      return [{ level: 'warning', path, message }];
    }),
  );
}

/** The layer's readiness is what gives the next one its turn. */
function promotionOf(content: LayerContent, at: Finding['path'], layer: Layer, next: Layer): Finding[] {
  if (content.replicas === 0) {
    const message = `The ${layer} has no replicas: it is ready at once, and the ${next} is next with nothing tried`;
    return [{ level: 'warning', path: [...at, 'replicas'], message }];
  }
  if (content.containers.some(({ readinessProbe }) => readinessProbe)) return [];
  const message = `No container of the ${layer} has a readinessProbe: it is ready as soon as its processes run, and the ${next} is next, whether they work or not`;
  return [{ level: 'warning', path: [...at, 'containers'], message }];
}

function deadlineOf(content: LayerContent, at: Finding['path'], layer: Layer, deadline: number): Finding[] {
  return content.containers.flatMap(({ name, readinessProbe }, index): Finding[] => {
    const delay = readinessProbe?.initialDelaySeconds ?? 0;
    if (delay < deadline) return [];
    const path = [...at, 'containers', index, 'readinessProbe', 'initialDelaySeconds'];
    const message = `The container ${name} is not asked before ${delay} s, and the ${layer} has failed after progressDeadlineSeconds, ${deadline} s`;
    return [{ level: 'warning', path, message }];
  });
}

function inStrategy({ deployments, strategy }: Spec, layer: Layer): Finding[] {
  const own = strategy?.layers?.[layer];
  if (!own) return [];
  const at = ['spec', 'strategy', 'layers', layer];
  if (!deployments[layer]) {
    const message = `It says nothing: the rollout has no ${layer}`;
    return [{ level: 'warning', path: at, message }];
  }
  return boldIn(own, at, layer);
}

function boldIn(
  { waves, maxConcurrency, maxFailures, rampUp }: LayerStrategy,
  at: Finding['path'],
  layer: Layer,
): Finding[] {
  const found: Finding[] = [];
  if (maxFailures === '100%') {
    const message = `No number of failures ends the ${layer}`;
    found.push({ level: 'warning', path: [...at, 'maxFailures'], message });
  }
  if (maxConcurrency === '100%' && !waves?.length && !rampUp) {
    const message = `All sites of the ${layer} are changed at once: what is wrong is wrong everywhere; begin with a wave, or a rampUp`;
    found.push({ level: 'warning', path: [...at, 'maxConcurrency'], message });
  }
  return found;
}

function expressionsIn({ before = [], after = [], waves = [] }: LayerStrategy, at: Finding['path']): Finding[] {
  return [
    ...before.flatMap((gate, index) => expressionsOf(gate, [...at, 'before', index])),
    ...after.flatMap((gate, index) => expressionsOf(gate, [...at, 'after', index])),
    ...waves.flatMap((wave, place) =>
      (wave.after ?? []).flatMap((gate, index) => expressionsOf(gate, [...at, 'waves', place, 'after', index])),
    ),
  ];
}

function expressionsOf({ metric, http }: Gate, at: Finding['path']): Finding[] {
  const wrong = (path: [kind: 'metric' | 'http', field: 'success' | 'failure'], text: string | undefined) => {
    const read = text === undefined ? undefined : readExpression(text, path[0] === 'metric' ? 'result' : 'answer');
    if (!read || !('problem' in read)) return [];
    return [{ level: 'error' as const, path: [...at, ...path], message: read.problem }];
  };
  return [
    ...wrong(['metric', 'success'], metric?.success),
    ...wrong(['metric', 'failure'], metric?.failure),
    ...wrong(['http', 'success'], http?.success),
    ...wrong(['http', 'failure'], http?.failure),
  ];
}
