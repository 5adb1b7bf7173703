/** Which tools the embedded stack needs, in which versions, and where each comes from. */

export const TOOL_NAMES = [
  'etcd',
  'kwok',
  'kwokctl',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubectl',
  'temporal',
  'helm',
] as const;

export type ToolName = (typeof TOOL_NAMES)[number];

/** What `make up` needs; helm is had on demand. */
export const STACK_TOOLS: readonly ToolName[] = TOOL_NAMES.filter((name) => name !== 'helm');

export interface Platform {
  /** As Go names them: linux, darwin. */
  os: string;
  /** As Go names them: amd64, arm64. */
  arch: string;
}

/** How Go makes it: from one of our wrapper modules, or straight from its own (`go install`). */
export type GoBuild =
  | { from: 'wrapper'; module: string; pkg: string; flags: string[] }
  | { from: 'install'; pkg: string; flags: string[] };

export interface Download {
  url: string;
  /** Where its publisher states the SHA-256, alone or as a line that ends with the file's name. */
  checksumUrl?: string;
  /** Path of the binary inside, when the download is an archive that `tar` can read. */
  member?: string;
}

export interface Tool {
  name: ToolName;
  /** Tools of one group are released together and share a folder in the cache. */
  group: string;
  version: string;
  /** How it says its version. */
  versionArgs: string[];
  /** Whether a version found on the machine will do. */
  fits: (version: string) => boolean;
  build: GoBuild;
  /** Undefined where its publisher offers no binary for the platform. */
  download: (platform: Platform) => Download | undefined;
}

const KUBERNETES = '1.36.4';
const ETCD = '3.6.14';
const KWOK = '0.8.0';
const TEMPORAL = '1.8.2';
const HELM = '4.2.4';
const STRIP = ['-trimpath', '-ldflags', '-s -w'];

const sameMinor = (wanted: string) => (version: string) => minorOf(version) === minorOf(wanted);
const minorOf = (version: string) => version.split('.').slice(0, 2).join('.');
const atLeast = (wanted: string) => (version: string) =>
  majorOf(version) === majorOf(wanted) && compare(version, wanted) >= 0;
const majorOf = (version: string) => version.split('.')[0];

/** Negative, zero or positive, as for sorting; numeric parts only. */
export function compare(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  return left!.map((part, at) => part - (right![at] ?? 0)).find((difference) => difference !== 0) ?? 0;
}

function kubernetes(name: ToolName, versionArgs: string[], fits = sameMinor(KUBERNETES)): Tool {
  const [major, minor] = KUBERNETES.split('.');
  const stamp = (key: string, value: string) => `-X k8s.io/component-base/version.${key}=${value}`;
  const ldflags = [
    '-s -w',
    stamp('gitVersion', `v${KUBERNETES}`),
    stamp('gitMajor', major!),
    stamp('gitMinor', minor!),
  ];
  return {
    name,
    group: 'kubernetes',
    version: KUBERNETES,
    versionArgs,
    fits,
    build: {
      from: 'wrapper',
      module: 'kubernetes',
      pkg: `k8s.io/kubernetes/cmd/${name}`,
      flags: ['-trimpath', '-tags', 'grpcnotrace', '-ldflags', ldflags.join(' ')],
    },
    download: ({ os, arch }) => {
      // dl.k8s.io has the control plane for Linux only; kubectl for every platform.
      if (os !== 'linux' && name !== 'kubectl') return undefined;
      const url = `https://dl.k8s.io/release/v${KUBERNETES}/bin/${os}/${arch}/${name}`;
      return { url, checksumUrl: `${url}.sha256` };
    },
  };
}

function kwok(name: ToolName): Tool {
  return {
    name,
    group: 'kwok',
    version: KWOK,
    versionArgs: ['--version'],
    fits: sameMinor(KWOK),
    build: { from: 'install', pkg: `sigs.k8s.io/kwok/cmd/${name}@v${KWOK}`, flags: STRIP },
    download: ({ os, arch }) => ({
      url: `https://github.com/kubernetes-sigs/kwok/releases/download/v${KWOK}/${name}-${os}-${arch}`,
    }),
  };
}

const etcd: Tool = {
  name: 'etcd',
  group: 'etcd',
  version: ETCD,
  versionArgs: ['--version'],
  fits: sameMinor(ETCD),
  build: { from: 'wrapper', module: 'etcd', pkg: 'go.etcd.io/etcd/server/v3', flags: STRIP },
  download: ({ os, arch }) => {
    const release = `https://github.com/etcd-io/etcd/releases/download/v${ETCD}`;
    const folder = `etcd-v${ETCD}-${os}-${arch}`;
    const file = `${folder}.${os === 'linux' ? 'tar.gz' : 'zip'}`;
    return { url: `${release}/${file}`, checksumUrl: `${release}/SHA256SUMS`, member: `${folder}/etcd` };
  },
};

const temporal: Tool = {
  name: 'temporal',
  group: 'temporal',
  version: TEMPORAL,
  versionArgs: ['--version'],
  fits: atLeast(TEMPORAL),
  build: {
    from: 'wrapper',
    module: 'temporal',
    pkg: 'github.com/temporalio/cli/cmd/temporal',
    flags: ['-trimpath', '-ldflags', `-s -w -X github.com/temporalio/cli/internal/temporalcli.Version=${TEMPORAL}`],
  },
  download: ({ os, arch }) => {
    const release = `https://github.com/temporalio/cli/releases/download/v${TEMPORAL}`;
    return {
      url: `${release}/temporal_cli_${TEMPORAL}_${os}_${arch}.tar.gz`,
      checksumUrl: `${release}/checksums.txt`,
      member: 'temporal',
    };
  },
};

const helm: Tool = {
  name: 'helm',
  group: 'helm',
  version: HELM,
  versionArgs: ['version', '--short'],
  fits: (version) => atLeast('3.16.0')(version) || atLeast('4.0.0')(version),
  build: { from: 'install', pkg: `helm.sh/helm/v4/cmd/helm@v${HELM}`, flags: STRIP },
  download: ({ os, arch }) => {
    const url = `https://get.helm.sh/helm-v${HELM}-${os}-${arch}.tar.gz`;
    return { url, checksumUrl: `${url}.sha256sum`, member: `${os}-${arch}/helm` };
  },
};

// kubectl may be one minor version away from the API server, by Kubernetes' version skew policy.
const kubectlFits = (version: string) => ['1.35', '1.36', '1.37'].includes(minorOf(version));

export const CATALOG: Record<ToolName, Tool> = {
  etcd,
  kwok: kwok('kwok'),
  kwokctl: kwok('kwokctl'),
  'kube-apiserver': kubernetes('kube-apiserver', ['--version']),
  'kube-controller-manager': kubernetes('kube-controller-manager', ['--version']),
  'kube-scheduler': kubernetes('kube-scheduler', ['--version']),
  kubectl: kubernetes('kubectl', ['version', '--client'], kubectlFits),
  temporal,
  helm,
};
