/** Where `make run` and `make up` say that everything is. */
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { expect, it } from '@jest/globals';
import { homeAt } from '../../../dev/home.ts';
import { settingsFrom } from '../../../dev/settings.ts';
import { addresses } from '../../../dev/stack.ts';

const home = homeAt(join(process.cwd(), '.fog'));

it.each<[string, NodeJS.ProcessEnv, string[]]>([
  [
    'all of the stack’s own',
    {},
    [
      'Page         http://localhost:8080',
      'API          http://localhost:8080/api/v1/rollouts',
      'Temporal UI  http://localhost:8233',
      'kubectl      export KUBECONFIG=.fog/kubeconfig',
    ],
  ],
  [
    'ports of the user’s choice',
    { FOG_ROLLOUTS_PORT: '9090', FOG_ROLLOUTS_TEMPORAL_UI_PORT: '9233' },
    [
      'Page         http://localhost:9090',
      'API          http://localhost:9090/api/v1/rollouts',
      'Temporal UI  http://localhost:9233',
      'kubectl      export KUBECONFIG=.fog/kubeconfig',
    ],
  ],
  [
    'a cluster and a Temporal of the user, whose UI we do not know',
    { KUBECONFIG: '/me/config', TEMPORAL_ADDRESS: 'temporal.example:7233' },
    [
      'Page         http://localhost:8080',
      'API          http://localhost:8080/api/v1/rollouts',
      'Temporal     temporal.example:7233',
      'kubectl      export KUBECONFIG=/me/config',
    ],
  ],
])('the addresses are those of %s', (_, env, lines) => {
  expect(addresses(home, settingsFrom(env, home)).map(stripVTControlCharacters)).toEqual(lines);
});
