#!/usr/bin/env node
import { Command } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import type { RoleName } from './process.ts';

const ROLES: Record<Exclude<RoleName, 'region'>, string> = {
  all: 'every role in one process, as the embedded stack runs it',
  worker: 'run the workflows and the activities of the hub and the sites it can reach',
  watcher: 'turn changes of FogRollouts into workflow signals',
  api: 'serve status, history and live events over HTTP',
  'codec-server': 'make encrypted payloads readable, for who has its token',
};

/** Node's own; where the product runs with a lower one, that is meant for workflows (dev/node-flags.ts). */
Error.stackTraceLimit = 10;

const program = new Command('fog-rollouts')
  .description(packageJson.description)
  .version(packageJson.version)
  .addHelpText('after', '\nConfiguration is by environment: see docs/configuration.md.');

for (const [role, description] of Object.entries(ROLES)) {
  program
    .command(role)
    .description(description)
    .action(() => run(role as RoleName, {}));
}

program
  .command('region')
  .description('run the activities of sites that the hub cannot reach; needs Temporal and their clusters, not the hub')
  .option('--queue <queue>', "the taskQueue of its FogSites (FOG_ROLLOUTS_QUEUE); not the hub's")
  .option('--kubeconfigs <folder>', "a kubeconfig for each of its sites' clusters (FOG_ROLLOUTS_KUBECONFIGS)")
  .addHelpText(
    'after',
    `
A FogSite's cluster.name is the name of a file in the folder, with or without .yaml, .yml or .kubeconfig.
A FogSite without one is on the worker's own cluster: KUBECONFIG, or the one whose pod it runs in.`,
  )
  .action(({ queue, kubeconfigs }: { queue?: string; kubeconfigs?: string }) =>
    run('region', {
      ...(queue !== undefined && { FOG_ROLLOUTS_QUEUE: queue }),
      ...(kubeconfigs !== undefined && { FOG_ROLLOUTS_KUBECONFIGS: kubeconfigs }),
    }),
  );

async function run(role: RoleName, options: Record<string, string>): Promise<never> {
  // The Temporal and Kubernetes clients take most of a second to load: not for --help.
  const { runProcess } = await import('./process.ts');
  process.exit(await runProcess(role, { ...process.env, ...options }));
}

await program.parseAsync();
