/** The embedded stack as `make up`, `down` and `clean` have it, in a folder and on ports of its own. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { portsFrom } from '../../dev/cluster-config.ts';
import { silent } from '../../dev/console.ts';
import { type Home, homeAt, ROOT } from '../../dev/home.ts';
import { runningCommands } from '../../dev/identity.ts';
import { isRunning, runningProcess } from '../../dev/processes.ts';
import { productPidFile } from '../../dev/product.ts';
import { type Settings, settingsFrom, VARIABLES } from '../../dev/settings.ts';
import { clean, down, type Running, up } from '../../dev/stack.ts';
import { LAYERS } from '../../model/layers.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { mustKubectl } from '../support/kubectl.ts';
import { freePort, freeRow } from '../support/ports.ts';
import { createWorkspace, removeWorkspace } from '../support/workspace.ts';

const EXAMPLE = join(ROOT, 'examples', 'nginx-rollout.yml');

const file = e2eFile();
let home: Home;
let settings: Settings;
let running: Running;
jest.setTimeout(300_000);

beforeAll(async () => {
  home = homeAt(join(createWorkspace(), 'fog'));
  settings = settingsFrom(await freePorts(), home);
  file.atEnd(() => removeWorkspace(join(home.dir, '..')));
  running = await up(home, settings, silent);
  await file.record(running.kubeconfig);
});

async function freePorts(): Promise<NodeJS.ProcessEnv> {
  const { apiPort, temporalPort, temporalUiPort, temporalMetricsPort, kubePort, nodes } = VARIABLES;
  return {
    [apiPort]: String(await freePort()),
    [temporalPort]: String(await freePort()),
    [temporalUiPort]: String(await freePort()),
    [temporalMetricsPort]: String(await freePort()),
    [kubePort]: String(await freeRow(Object.keys(portsFrom(0)).length)),
    [nodes]: '2',
  };
}

const kubectl = (args: string[]) => mustKubectl(args, undefined, running);

describe('make up', () => {
  it("takes the README's first example, as it is written there, as soon as it returns", async () => {
    await kubectl(['apply', '-n', 'cloud', '-f', EXAMPLE]);
    const ready = await kubectl([
      'wait',
      '-n',
      'cloud',
      '--for=condition=Ready',
      'fgr/nginx-rollout',
      '--timeout=120s',
    ]);
    expect(ready).toContain('condition met');
  });

  it('has the namespaces of all layers, also after somebody has removed one', async () => {
    await kubectl(['get', 'namespace', ...LAYERS]);
    await kubectl(['delete', '-n', 'cloud', 'fgr/nginx-rollout']);
    await down(home, silent);
    running = await up(home, settings, silent);
    expect(running.already).toBe(false);
    await kubectl(['delete', 'namespace', 'edge']);
    expect((await up(home, settings, silent)).already).toBe(true);
    await kubectl(['get', 'namespace', ...LAYERS]);
  });

  it('leaves nothing of it after make clean', async () => {
    const product = runningProcess(productPidFile(home))!;
    expect(isRunning(product)).toBe(true);
    await clean(home, silent);
    expect(existsSync(home.dir)).toBe(false);
    expect(isRunning(product)).toBe(false);
    expect(runningCommands().filter(({ command }) => command.includes(home.dir))).toEqual([]);
  });
});
