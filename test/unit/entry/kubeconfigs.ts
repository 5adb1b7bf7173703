/** Kubeconfigs as text, good and bad. */

interface Wishes {
  server?: string;
  cluster?: object;
  user?: object;
  currentContext?: string;
}

/** One of a cluster with a token, unless told otherwise; JSON is YAML too. */
export function aKubeconfig(wishes: Wishes = {}): string {
  const {
    server = 'https://region.example:6443',
    cluster = {},
    user = { token: SECRET },
    currentContext = 'here',
  } = wishes;
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': currentContext,
    clusters: [{ name: 'c', cluster: { server, ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u' } }],
  });
}

/** What no message may repeat. */
export const SECRET = 'hunter2-is-my-token';
