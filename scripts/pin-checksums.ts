import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CATALOG, PLATFORMS } from '../dev/tools/catalog.ts';
import { pinsOf } from '../dev/tools/pins.ts';

/**
 * Fills dev/tools/checksums.json: `npm run pin-checksums`, on a machine that reaches the tools' publishers, after a
 * version in dev/tools/catalog.ts was raised. Fails, and says why, where one is missing or is not what it was.
 */
const FILE = join(import.meta.dirname, '..', 'dev', 'tools', 'checksums.json');

const offered = Object.values(CATALOG).flatMap((tool) =>
  PLATFORMS.flatMap((platform) => tool.download(platform) ?? []),
);
const { pins, news, problems } = await pinsOf(offered);
writeFileSync(FILE, `${JSON.stringify(pins, null, 2)}\n`);
for (const line of news) console.log(line);
for (const line of problems) console.error(line);
console.log(`${Object.keys(pins).length} of ${offered.length} downloads are pinned`);
if (problems.length > 0) process.exitCode = 1;
