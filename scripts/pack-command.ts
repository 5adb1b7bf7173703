/**
 * Packs `kubectl fog` for people: kubectl-fog-VERSION.tgz, which npm installs and Krew too. Told where that is to be
 * downloaded from, it also writes fog.yaml, Krew's manifest. The same sources give the same bytes.
 *
 * Usage: node scripts/pack-command.ts DIR [URL]     URL of the folder the archive will be in
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..');
const [dir, url] = process.argv.slice(2);
if (!dir) {
  process.stderr.write('Usage: node scripts/pack-command.ts DIR [URL]\n');
  process.exit(2);
}
const DIST = resolve(dir);
const FOLDER = join(DIST, 'kubectl-fog');
const { version, license } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(join(FOLDER, 'bin'), { recursive: true });
execFileSync(process.execPath, [join(ROOT, 'scripts/bundle-command.ts'), join(FOLDER, 'bin/kubectl-fog.mjs')]);
cpSync(join(ROOT, 'cli/kubectl_complete-fog'), join(FOLDER, 'bin/kubectl_complete-fog'));
cpSync(join(ROOT, 'crds'), join(FOLDER, 'crds'), { recursive: true });
cpSync(join(ROOT, 'LICENSE'), join(FOLDER, 'LICENSE'));
cpSync(join(ROOT, 'docs/kubectl-fog.md'), join(FOLDER, 'README.md'));
const manifest = {
  name: 'kubectl-fog',
  version,
  description: 'Shows and steers rollouts over cloud, fog and edge: a plugin of kubectl',
  license,
  keywords: ['kubectl', 'kubectl-plugin', 'kubernetes', 'rollout', 'edge'],
  type: 'module',
  engines: { node: '>=20' },
  bin: { 'kubectl-fog': 'bin/kubectl-fog.mjs', 'kubectl_complete-fog': 'bin/kubectl_complete-fog' },
  files: ['bin', 'crds'],
};
writeFileSync(join(FOLDER, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
execFileSync('npm', ['pack', FOLDER, '--silent', '--pack-destination', DIST], {
  stdio: ['ignore', 'ignore', 'inherit'],
});

const archive = `kubectl-fog-${version}.tgz`;
process.stdout.write(`${join(dir, archive)}\n`);
if (url) {
  const sha256 = createHash('sha256')
    .update(readFileSync(join(DIST, archive)))
    .digest('hex');
  const template = readFileSync(join(ROOT, 'krew/fog.yaml'), 'utf8').replace(/^#.*\n/gm, '');
  const filled = template.replaceAll('VERSION', version).replaceAll('URL', url).replace('SHA256', sha256);
  writeFileSync(join(DIST, 'fog.yaml'), filled);
  process.stdout.write(`${join(dir, 'fog.yaml')}\n`);
}
