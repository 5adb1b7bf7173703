#!/usr/bin/env node
import { COMPLETE, printCompletion } from './commands/completion.ts';
import { EXIT } from './exit-codes.ts';
import { KubectlError } from './kubectl.ts';
import { programOf } from './program.ts';

// Whoever reads the output may have seen enough: `kubectl fog status web | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

try {
  const [asked, ...words] = process.argv.slice(2);
  if (asked === COMPLETE) await printCompletion(programOf(), words);
  else await programOf().parseAsync();
} catch (error) {
  if (!(error instanceof KubectlError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = EXIT.failed;
}
