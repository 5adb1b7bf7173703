/** FogRollouts as people send them, right and wrong. */
import fc from 'fast-check';
import { aRollout } from './fixtures.ts';

const STRATEGY = {
  layers: {
    cloud: { soakSeconds: 5, after: [{ approval: { required: 2 } }] },
    edge: {
      maxConcurrency: '10%',
      waves: [{ size: 1, after: [{ window: { ref: 'nights' } }] }, { size: '20%' }],
      before: [{ http: { url: 'https://board.example' } }],
      siteSelector: { matchExpressions: [{ key: 'ring', operator: 'In', values: ['a'] }] },
    },
  },
};

/** One that is right, and has much of what there is. */
export function aManifest(namespace = 'default') {
  const { apiVersion, kind, spec } = aRollout('web');
  return {
    apiVersion,
    kind,
    metadata: { name: 'web', namespace },
    spec: { ...spec, version: 'v2', strategy: STRATEGY },
  };
}

/** In which values are others, in up to two places. */
export const manifests = fc.array(fc.tuple(fc.nat(), fc.jsonValue()), { maxLength: 2 }).map((changes) => {
  const object = structuredClone(aManifest());
  for (const [which, other] of changes) {
    const places = placesIn(object);
    const [holder, key] = places[which % places.length]!;
    holder[key] = other;
  }
  return JSON.stringify(object);
});

/** All fields of an object, and of what it holds. */
function placesIn(object: object): [Record<string, unknown>, string][] {
  return Object.entries(object).flatMap(([key, value]) => [
    [object as Record<string, unknown>, key],
    ...(typeof value === 'object' && value !== null ? placesIn(value) : []),
  ]);
}
