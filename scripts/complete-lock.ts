import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Names the packages of other platforms in package-lock.json: `node scripts/complete-lock.ts`, after `npm install`
 * through a registry mirror that does not carry them. npm then leaves them out of the lock, and refuses the lock in
 * `npm ci`, on every platform. npm itself fills in their hashes where it can reach them.
 */
interface Entry {
  version?: string;
  optional?: boolean;
  dev?: boolean;
  os?: string[];
  cpu?: string[];
  optionalDependencies?: Record<string, string>;
}

const FILE = 'package-lock.json';
const OS = /(android|darwin|linux|win32|freebsd|openharmony|aix|sunos|netbsd|openbsd)/;
const CPU = /(arm64|x64|ia32|ppc64|s390x|riscv64|loong64|arm)/;

const lock = JSON.parse(readFileSync(FILE, 'utf8')) as { packages: Record<string, Entry> };
let added = 0;
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`;
    const isKnown = lock.packages[key] ?? lock.packages[`${path}/node_modules/${name}`];
    // A range cannot be named here: such a dependency is not one of a platform's prebuilt binaries.
    if (isKnown || !/^\d+\.\d+\.\d+$/.test(version)) continue;
    const os = OS.exec(name)?.[1];
    const cpu = CPU.exec(name)?.[1];
    lock.packages[key] = {
      version,
      optional: true,
      ...(entry.dev && { dev: true }),
      ...(os && { os: [os] }),
      ...(cpu && { cpu: [cpu] }),
    };
    added += 1;
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`);
process.stdout.write(`${FILE}: ${added} packages of other platforms added\n`);
