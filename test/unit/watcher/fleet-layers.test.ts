import { describe, expect, it } from '@jest/globals';
import { KubeError } from '../../../kube/errors.ts';
import { fleetLayers } from '../../../watcher/fleet-layers.ts';

interface Given {
  /** Layers of the FogSites that the API server has. */
  has: string[];
  /** How it answers who selects by a field. */
  refusal?: number;
}

/** An API server, and what it was asked. */
function apiServer({ has, refusal }: Given) {
  const asked: string[] = [];
  const items = (layer?: string) => has.filter((one) => layer === undefined || one === layer).map(itemOf);
  const client = {
    list: async (_type: unknown, { fieldSelector }: { fieldSelector?: string }) => {
      asked.push(fieldSelector ?? 'any');
      if (refusal !== undefined && (fieldSelector || refusal === 404)) {
        throw new KubeError({ request: 'GET fogsites', code: refusal });
      }
      return { items: items(fieldSelector?.split('=')[1]) };
    },
    listAll: async () => {
      asked.push('all');
      return { items: items() };
    },
  };
  return { client: client as never, asked };
}

const itemOf = (layer: string) => ({ spec: { layer } });

describe('The layers that have FogSites', () => {
  it.each<[string, Given, boolean, string[], string[]]>([
    ['are found by one question where there is none', { has: [] }, true, [], ['any']],
    ['are found without a CRD', { has: [], refusal: 404 }, true, [], ['any']],
    [
      'are asked for one by one where there are some',
      { has: ['edge'] },
      true,
      ['edge'],
      ['any', 'spec.layer=fog', 'spec.layer=edge'],
    ],
    [
      'are asked for at once where a cache has others',
      { has: ['cloud'] },
      false,
      [],
      ['spec.layer=fog', 'spec.layer=edge'],
    ],
    [
      'are looked for in all of them by an API server that knows no such field',
      { has: ['cloud', 'fog'], refusal: 400 },
      false,
      ['fog'],
      ['spec.layer=fog', 'spec.layer=edge', 'all'],
    ],
  ])('%s', async (_, given, isEmpty, expected, questions) => {
    const { client, asked } = apiServer(given);
    expect(await fleetLayers(client, ['fog', 'edge'], { isEmpty })).toEqual(expected);
    expect(asked).toEqual(questions);
  });

  it('are no question where a cache has them all, and an error where nobody knows', async () => {
    const { client, asked } = apiServer({ has: ['edge'], refusal: 500 });
    expect(await fleetLayers(client, [], { isEmpty: false })).toEqual([]);
    expect(asked).toEqual([]);
    await expect(fleetLayers(client, ['edge'], { isEmpty: false })).rejects.toThrow(KubeError);
  });
});
