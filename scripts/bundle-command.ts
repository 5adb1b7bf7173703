/**
 * Writes `kubectl fog` as one file of JavaScript, which runs on any Node from 20 on, without our packages and without type
 * stripping. It looks for crds/ in the folder above it.
 *
 * Usage: node scripts/bundle-command.ts FILE
 */
import { chmodSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import webpack from 'webpack';

const [path] = process.argv.slice(2);
if (!path) {
  process.stderr.write('Usage: node scripts/bundle-command.ts FILE\n');
  process.exit(2);
}
const file = resolve(path);
const stripped = { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' } };
const compiler = webpack({
  mode: 'production',
  target: 'node20',
  context: resolve(import.meta.dirname, '..'),
  entry: './cli/kubectl-fog.ts',
  output: { path: dirname(file), filename: basename(file), module: true, chunkFormat: 'module' },
  experiments: { outputModule: true },
  module: {
    // Where it lies is asked when it runs, not now.
    parser: { javascript: { importMeta: false, url: false } },
    rules: [{ test: /\.ts$/, loader: 'swc-loader', options: stripped }],
  },
  plugins: [
    // What is loaded only when it is needed is in the same file all the same.
    new webpack.optimize.LimitChunkCountPlugin({ maxChunks: 1 }),
    new webpack.BannerPlugin({ banner: '#!/usr/bin/env node', raw: true }),
  ],
  // Whoever meets an error should be able to read where.
  optimization: { minimize: false },
  performance: false,
});
const stats = await new Promise<webpack.Stats | undefined>((done, fail) => {
  compiler.run((error, result) => (error ? fail(error) : done(result)));
});
if (!stats || stats.hasErrors()) {
  process.stderr.write(`${stats?.toString({ preset: 'errors-only' }) ?? 'webpack ended without a word'}\n`);
  process.exit(1);
}
chmodSync(file, 0o755);
process.stdout.write(`${path}: ${(statSync(file).size / 1e6).toFixed(1)} MB\n`);
