#!/usr/bin/env node
import { Command } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import type { RoleName } from './process.ts';

const ROLES: Record<RoleName, string> = {
  all: 'every role in one process, as the embedded stack runs it',
  worker: 'run the workflows and the activities of the hub and the sites it can reach',
  watcher: 'turn changes of FogRollouts into workflow signals',
  api: 'serve status, history and live events over HTTP',
};

const program = new Command('fog-rollouts')
  .description(packageJson.description)
  .version(packageJson.version)
  .addHelpText('after', '\nConfiguration is by environment: see docs/configuration.md.');

for (const [role, description] of Object.entries(ROLES)) {
  program
    .command(role)
    .description(description)
    .action(async () => {
      // The Temporal and Kubernetes clients take most of a second to load: not for --help.
      const { runProcess } = await import('./process.ts');
      process.exit(await runProcess(role as RoleName));
    });
}

await program.parseAsync();
