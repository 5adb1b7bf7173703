/** Which tools the embedded stack needs, in which versions, and where each comes from. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

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
  'temporal-server',
  'temporal-sql-tool',
] as const;

export type ToolName = (typeof TOOL_NAMES)[number];

/** Had on demand: by tests of the chart, and of Temporal on PostgreSQL. */
const ON_DEMAND: readonly ToolName[] = ['helm', 'temporal-server', 'temporal-sql-tool'];

/** What `make up` needs. */
export const STACK_TOOLS: readonly ToolName[] = TOOL_NAMES.filter((name) => !ON_DEMAND.includes(name));

export interface Platform {
  /** As Go names them: linux, darwin. */
  os: string;
  /** As Go names them: amd64, arm64. */
  arch: string;
}

/** Folders of Go modules. All that the embedded stack needs is of one, and what few need is of others. */
export type GoModule = 'go' | 'go-temporal-server';

export interface Download {
  url: string;
  /** SHA-256 that the file must have, whatever its publisher states today. */
  sha256?: string;
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
  /** The package of its command, which its module requires: Go makes the tool from there. */
  pkg: string;
  /** Folder of that module, beside this file. Default `go`. */
  module?: GoModule;
  /** Undefined where its publisher offers no binary for the platform. */
  download: (platform: Platform) => Download | undefined;
}

/** Platforms whose downloads are pinned. */
export const PLATFORMS: readonly Platform[] = ['linux', 'darwin'].flatMap((os) =>
  ['amd64', 'arm64'].map((arch) => ({ os, arch })),
);

const KUBERNETES = '1.36.4';
const ETCD = '3.6.14';
const KWOK = '0.8.0';
const TEMPORAL = '1.8.2';
const HELM = '4.2.4';
/** Of the server itself: what Temporal's CLI of {@link TEMPORAL} has in it. */
const TEMPORAL_SERVER = '1.31.2';

const stamp = (key: string, value: string) => `-X ${key}=${value}`;
const [MAJOR, MINOR] = KUBERNETES.split('.');

/** What Go's linker writes into the tools, each of which knows only its own: the versions they say they are. */
export const LINKER_FLAGS = [
  '-s -w',
  stamp('k8s.io/component-base/version.gitVersion', `v${KUBERNETES}`),
  stamp('k8s.io/component-base/version.gitMajor', MAJOR!),
  stamp('k8s.io/component-base/version.gitMinor', MINOR!),
  stamp('github.com/temporalio/cli/internal/temporalcli.Version', TEMPORAL),
  stamp('helm.sh/helm/v4/internal/version.version', `v${HELM}`),
].join(' ');

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

/** SHA-256 of each download, by its address: `npm run pin-checksums` fills it. */
const PINNED = JSON.parse(readFileSync(join(import.meta.dirname, 'checksums.json'), 'utf8')) as Record<string, string>;

const pinned = (download: Download): Download => ({ ...download, sha256: PINNED[download.url] });

function kubernetes(name: ToolName, versionArgs: string[], fits = sameMinor(KUBERNETES)): Tool {
  return {
    name,
    group: 'kubernetes',
    version: KUBERNETES,
    versionArgs,
    fits,
    pkg: `k8s.io/kubernetes/cmd/${name}`,
    download: ({ os, arch }) => {
      // dl.k8s.io has the control plane for Linux only; kubectl for every platform.
      if (os !== 'linux' && name !== 'kubectl') return undefined;
      const url = `https://dl.k8s.io/release/v${KUBERNETES}/bin/${os}/${arch}/${name}`;
      return pinned({ url, checksumUrl: `${url}.sha256` });
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
    pkg: `sigs.k8s.io/kwok/cmd/${name}`,
    download: ({ os, arch }) =>
      pinned({ url: `https://github.com/kubernetes-sigs/kwok/releases/download/v${KWOK}/${name}-${os}-${arch}` }),
  };
}

const etcd: Tool = {
  name: 'etcd',
  group: 'etcd',
  version: ETCD,
  versionArgs: ['--version'],
  fits: sameMinor(ETCD),
  pkg: 'go.etcd.io/etcd/server/v3',
  download: ({ os, arch }) => {
    const release = `https://github.com/etcd-io/etcd/releases/download/v${ETCD}`;
    const folder = `etcd-v${ETCD}-${os}-${arch}`;
    const file = `${folder}.${os === 'linux' ? 'tar.gz' : 'zip'}`;
    return pinned({ url: `${release}/${file}`, checksumUrl: `${release}/SHA256SUMS`, member: `${folder}/etcd` });
  },
};

const temporal: Tool = {
  name: 'temporal',
  group: 'temporal',
  version: TEMPORAL,
  versionArgs: ['--version'],
  fits: atLeast(TEMPORAL),
  pkg: 'github.com/temporalio/cli/cmd/temporal',
  download: ({ os, arch }) => {
    const release = `https://github.com/temporalio/cli/releases/download/v${TEMPORAL}`;
    const url = `${release}/temporal_cli_${TEMPORAL}_${os}_${arch}.tar.gz`;
    return pinned({ url, checksumUrl: `${release}/checksums.txt`, member: 'temporal' });
  },
};

const helm: Tool = {
  name: 'helm',
  group: 'helm',
  version: HELM,
  versionArgs: ['version', '--short'],
  fits: (version) => atLeast('3.16.0')(version) || atLeast('4.0.0')(version),
  pkg: 'helm.sh/helm/v4/cmd/helm',
  download: ({ os, arch }) => {
    const url = `https://get.helm.sh/helm-v${HELM}-${os}-${arch}.tar.gz`;
    return pinned({ url, checksumUrl: `${url}.sha256sum`, member: `${os}-${arch}/helm` });
  },
};

/** Built only: what one target alone needs is not worth a download of every platform to pin. */
function temporalServer(name: ToolName, pkg: string): Tool {
  return {
    name,
    group: 'temporal-server',
    version: TEMPORAL_SERVER,
    versionArgs: ['--version'],
    fits: (version) => version === TEMPORAL_SERVER,
    pkg: `go.temporal.io/server/cmd/${pkg}`,
    module: 'go-temporal-server',
    download: () => undefined,
  };
}

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
  'temporal-server': temporalServer('temporal-server', 'server'),
  'temporal-sql-tool': temporalServer('temporal-sql-tool', 'tools/sql'),
};
