import type { Clock } from '../clock.ts';
import type { KubeCluster, KubeUser } from '../kube-config.ts';
import { FileSource, isInFile, type Material, pemOf } from './files.ts';
import { type CredentialSource, FixedSource, type Grant } from './source.ts';

/** Whom the server's certificate must come from; undefined where the system's own authorities count. */
export function authoritySource(cluster: KubeCluster, clock: Clock): CredentialSource | undefined {
  const ca: Material = { purpose: 'certificate authority', data: cluster.caData, file: cluster.caFile };
  return sourceOf({ ca }, clock);
}

/** The certificate that we show; undefined where the kubeconfig has none. */
export function clientCertificateSource(user: KubeUser, clock: Clock): CredentialSource | undefined {
  const cert: Material = { purpose: 'client certificate', data: user.certData, file: user.certFile };
  const key: Material = { purpose: 'client key', data: user.keyData, file: user.keyFile };
  return sourceOf({ cert, key }, clock);
}

/** The PEM of the cluster's authority, as a plugin is told of it. */
export async function authorityOf({ caData, caFile }: KubeCluster): Promise<string | undefined> {
  return await pemOf({ purpose: 'certificate authority', data: caData, file: caFile });
}

function sourceOf(materials: Record<string, Material>, clock: Clock): CredentialSource | undefined {
  const given = Object.entries(materials).filter(([, { data, file }]) => data || file);
  if (given.length === 0) return undefined;
  // Read together: a pair is replaced together.
  const read = async (): Promise<Grant> =>
    Object.fromEntries(
      await Promise.all(given.map(async ([name, material]) => [name, await pemOf(material)] as const)),
    );
  if (given.some(([, material]) => isInFile(material))) return new FileSource(read, clock);
  return new FixedSource(
    Object.fromEntries(given.map(([name, { data = '' }]) => [name, Buffer.from(data, 'base64').toString('utf8')])),
  );
}
