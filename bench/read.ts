import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import autocannon from 'autocannon';
import { FOG_ROLLOUTS } from '../model/names.ts';
import { median, type Outcome, rounded } from './figures.ts';
import { NAMESPACE, rolloutManifest, type World } from './world.ts';

/** Reads of the API with many objects, against a bare Fastify route that sends the same bytes, in turn. */
export async function read(world: World, { objects = 10_000, rounds = 5, seconds = 3 } = {}): Promise<Outcome> {
  await fill(world, objects);
  const product = await world.startProduct('api');
  const paths = {
    list: `/rollouts?namespace=${NAMESPACE}`,
    object: `/rollouts/read-${objects >> 1}?namespace=${NAMESPACE}`,
  };
  const json: Record<string, number> = { objects, rounds };
  const rows = [];
  for (const [name, path] of Object.entries(paths)) {
    const bytes = await (await fetch(product.url + path)).text();
    const floor = await startFloor(bytes);
    const rates = { product: [] as number[], floor: [] as number[] };
    try {
      for (let round = -1; round < rounds; round++) {
        const a = await requestsPerSecond(floor.url, seconds);
        const b = await requestsPerSecond(product.url + path, seconds);
        world.progress(`${name}: ${b.toFixed(0)}/s, floor ${a.toFixed(0)}/s`);
        if (round < 0) continue; // warm-up
        rates.floor.push(a);
        rates.product.push(b);
      }
    } finally {
      await floor.stop();
    }
    const ratio = rounded(median(rates.product) / median(rates.floor));
    json[`${name}Ratio`] = ratio;
    rows.push({
      name: 'read',
      figure: `requests/s, ${name} (${bytes.length} bytes) of ${objects}`,
      product: median(rates.product).toFixed(0),
      floor: median(rates.floor).toFixed(0),
      result: `${ratio}x`,
      bar: '>= 0.5x',
    });
  }
  json.ratio = Math.min(json.listRatio!, json.objectRatio!);
  return { json, rows };
}

async function fill({ client }: World, objects: number): Promise<void> {
  const names = Array.from({ length: objects }, (_, index) => `read-${index}`);
  const lane = async () => {
    for (let name = names.pop(); name; name = names.pop()) await client.create(FOG_ROLLOUTS, rolloutManifest(name));
  };
  await Promise.all(Array.from({ length: 50 }, lane));
}

async function requestsPerSecond(url: string, duration: number): Promise<number> {
  const { requests, non2xx, errors } = await autocannon({ url, connections: 20, duration });
  if (non2xx > 0 || errors > 0) throw new Error(`${url}: ${non2xx} refused and ${errors} failed requests`);
  return requests.average;
}

async function startFloor(bytes: string): Promise<{ url: string; stop(): Promise<void> }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'read-floor.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  child.stdin.end(bytes);
  const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return {
    url,
    async stop() {
      child.kill();
      await ended;
    },
  };
}
