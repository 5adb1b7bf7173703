import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** Writes a generated file; with `--check` on the command line it only fails (exit code 1) where it is not current. */
export function writeOrCheck(file: string, text: string): void {
  const current = existsSync(file) && readFileSync(file, 'utf8') === text;
  if (process.argv.includes('--check')) {
    if (current) return;
    console.error(`${file} is not current: run the command its header names, and commit the result`);
    process.exitCode = 1;
    return;
  }
  if (!current) writeFileSync(file, text);
  console.log(`${file} ${current ? 'is current' : 'written'}`);
}
