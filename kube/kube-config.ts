/**
 * A kubeconfig as it was read. client-node has a class of the same name and the same words; to load that is to load its whole
 * API client: 20 MB of heap and 40 MB of memory in each of our processes, for this.
 */

export interface KubeCluster {
  readonly name: string;
  /** Its address, without a slash at the end. */
  readonly server: string;
  /** PEM in base64. */
  readonly caData?: string | undefined;
  readonly caFile?: string | undefined;
  readonly skipTLSVerify?: boolean | undefined;
  readonly tlsServerName?: string | undefined;
  readonly proxyUrl?: string | undefined;
  /** What an exec plugin with `provideClusterInfo` is told of the cluster besides its address. */
  readonly execConfig?: unknown;
}

export interface KubeUser {
  readonly name: string;
  readonly token?: string | undefined;
  /** Read again as it changes; counts before `token`. */
  readonly tokenFile?: string | undefined;
  /** PEM in base64. */
  readonly certData?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyData?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** As it is written. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever a plugin's configuration is
  readonly exec?: any;
  // biome-ignore lint/suspicious/noExplicitAny: the same
  readonly authProvider?: any;
  readonly impersonateUser?: string | undefined;
  readonly impersonateUid?: string | undefined;
  readonly impersonateGroups?: string[] | undefined;
  readonly impersonateExtra?: Record<string, string[]> | undefined;
}

export interface KubeContext {
  readonly name: string;
  readonly cluster: string;
  readonly user: string;
  readonly namespace?: string | undefined;
}

export interface KubeConfigFields {
  clusters: KubeCluster[];
  users: KubeUser[];
  contexts: KubeContext[];
  /** Empty where none is said. */
  currentContext: string;
}

export class KubeConfig implements KubeConfigFields {
  readonly clusters: KubeCluster[];
  readonly users: KubeUser[];
  readonly contexts: KubeContext[];
  readonly currentContext: string;

  constructor({ clusters, users, contexts, currentContext }: KubeConfigFields) {
    this.clusters = clusters;
    this.users = users;
    this.contexts = contexts;
    this.currentContext = currentContext;
  }

  /** One that leads to that cluster as that user. */
  static of(cluster: KubeCluster, user: KubeUser): KubeConfig {
    const context = { name: 'context', cluster: cluster.name, user: user.name };
    return new KubeConfig({ clusters: [cluster], users: [user], contexts: [context], currentContext: context.name });
  }

  getContextObject(name: string): KubeContext | undefined {
    return this.contexts.find((context) => context.name === name);
  }

  getCurrentCluster(): KubeCluster | undefined {
    const context = this.getContextObject(this.currentContext);
    return context && this.clusters.find(({ name }) => name === context.cluster);
  }

  getCurrentUser(): KubeUser | undefined {
    const context = this.getContextObject(this.currentContext);
    return context && this.users.find(({ name }) => name === context.user);
  }
}
