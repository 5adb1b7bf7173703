/** The real Temporal server on PostgreSQL, as people run it: its schema made by its own tool, all four services, one process. */
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';
import type { ToolPaths } from '../../../dev/cluster-config.ts';
import type { Home } from '../../../dev/home.ts';
import { killProcess, type ProcessRecord, startDetached, stopProcess } from '../../../dev/processes.ts';
import { STACK_TOOLS, type ToolName } from '../../../dev/tools/catalog.ts';
import { eventually } from '../../support/eventually.ts';
import { freePort } from '../../support/ports.ts';
import type { TemporalServer } from '../../support/stack.ts';
import { type Postgres, startPostgres } from './postgres.ts';

export const TOOLS: readonly ToolName[] = [...STACK_TOOLS, 'temporal-server', 'temporal-sql-tool'];
const COMMAND_MS = 120_000;
const DATABASES = { temporal: 'temporal', temporal_visibility: 'visibility' };
const SERVICES = ['frontend', 'matching', 'history', 'worker'] as const;

/** Starts both in the folder of a stack, and makes the Temporal namespace `default`. */
export async function startOnPostgres(home: Home, tools: ToolPaths): Promise<TemporalServer> {
  const postgres = await startPostgres(home.dir);
  await makeSchemas(postgres, tools['temporal-sql-tool']!);
  const config = await configurationFor(postgres);
  const address = `127.0.0.1:${config.services.frontend!.rpc.grpcPort}`;
  const file = join(home.dir, 'temporal-server.yaml');
  writeFileSync(file, stringify(config));
  // Under a name in the folder: whatever ends the test run ends what was started from there.
  const command = join(home.dir, 'temporal-server');
  symlinkSync(tools['temporal-server']!, command);
  const temporal = (...args: string[]) =>
    execa(tools.temporal!, [...args, '--address', address, '--disable-config-file', '--disable-config-env'], {
      timeout: COMMAND_MS,
    });

  let record: ProcessRecord;
  const start = async () => {
    record = await startDetached({
      command,
      args: ['--config-file', file, '--allow-no-auth', 'start'],
      cwd: home.dir,
      logFile: join(home.logs, 'temporal.log'),
      pidFile: join(home.pids, 'temporal.pid'),
    });
    await eventually('Temporal to be well', () => temporal('operator', 'cluster', 'health'));
  };
  await start();
  await eventually('a namespace to be made', () =>
    temporal('operator', 'namespace', 'create', '--namespace', 'default', '--retention', '72h'),
  );
  return {
    address,
    metrics: `http://${config.global.metrics.prometheus.listenAddress}/metrics`,
    kill: () => killProcess(record),
    start,
    stop: async () => {
      await stopProcess(record);
      await postgres.stop();
    },
  };
}

async function makeSchemas({ port, user }: Postgres, tool: string): Promise<void> {
  for (const [database, schema] of Object.entries(DATABASES)) {
    const at = ['--plugin', 'postgres12', '--ep', '127.0.0.1', '-p', `${port}`, '-u', user, '--db', database];
    const sql = (...args: string[]) => execa(tool, [...at, ...args], { timeout: COMMAND_MS });
    await sql('create-database', '--defaultdb', 'postgres');
    await sql('setup-schema', '--version', '0.0');
    await sql('update-schema', '--schema-name', `postgresql/v12/${schema}`);
  }
}

/** Without what has a default that will do; on 127.0.0.1 alone. */
async function configurationFor(postgres: Postgres) {
  const service = async () => ({
    rpc: { grpcPort: await freePort(), membershipPort: await freePort(), bindOnLocalHost: true },
  });
  const services = Object.fromEntries(
    await Promise.all(SERVICES.map(async (name) => [name, await service()] as const)),
  );
  const rpcAddress = `127.0.0.1:${services.frontend!.rpc.grpcPort}`;
  return {
    log: { stdout: true, level: 'warn' },
    persistence: {
      defaultStore: 'default',
      visibilityStore: 'visibility',
      numHistoryShards: 4,
      datastores: {
        default: { sql: sql(postgres, 'temporal', 10) },
        visibility: { sql: sql(postgres, 'temporal_visibility', 5) },
      },
    },
    global: {
      membership: { maxJoinDuration: '30s', broadcastAddress: '127.0.0.1' },
      metrics: { prometheus: { timerType: 'histogram', listenAddress: `127.0.0.1:${await freePort()}` } },
    },
    services,
    clusterMetadata: {
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: { enabled: true, initialFailoverVersion: 1, rpcName: 'frontend', rpcAddress },
      },
    },
    publicClient: { hostPort: rpcAddress },
  };
}

const sql = ({ port, user }: Postgres, databaseName: string, connections: number) => ({
  pluginName: 'postgres12',
  databaseName,
  connectAddr: `127.0.0.1:${port}`,
  connectProtocol: 'tcp',
  user,
  maxConns: connections,
  maxIdleConns: connections,
});
