import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { KubeConfig } from '../../kube/kube-config.ts';
import { faultIn, faultOf, parseKubeconfig } from '../../kube/kubeconfig.ts';
import { type FindKubeconfig, type Kubeconfig, UnusableKubeconfig } from './kubeconfig.ts';

/** As the FogSite's schema has it: no separator, so no name leads out of the folder. */
const NAME = /^[A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?$/;
/** The file of cluster `x` is the first of these that exists. */
const ENDINGS = ['', '.yaml', '.yml', '.kubeconfig'];
/** What a name that is no file gives: nothing there, a folder, or longer than a file's name may be. */
const NO_FILE = ['ENOENT', 'EISDIR', 'ENAMETOOLONG'];

/**
 * The clusters of a region worker: a kubeconfig each, in a folder that its operator made. Theirs may name files and
 * programs as any kubeconfig; relative paths are relative to the folder.
 */
export function kubeconfigsInFolder(folder: string): FindKubeconfig {
  return (cluster) => {
    if (!NAME.test(cluster)) throw new Error(`${cluster} can be no name of a cluster in ${folder}`);
    return async () => {
      for (const ending of ENDINGS) {
        const file = join(folder, cluster + ending);
        const text = await textOf(file);
        if (text !== undefined) return fromText(file, text);
      }
      const names = ENDINGS.map((ending) => cluster + ending).join(', ');
      throw new UnusableKubeconfig(`There is no kubeconfig of cluster ${cluster}: ${folder} has none of ${names}`);
    };
  };
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    if (NO_FILE.includes(code)) return undefined;
    throw new Error(`Cannot read the kubeconfig ${file}: ${code}`, { cause });
  }
}

function fromText(file: string, text: string): Kubeconfig {
  let kubeConfig: KubeConfig;
  try {
    kubeConfig = parseKubeconfig(text, dirname(file));
  } catch (error) {
    throw new UnusableKubeconfig(`The kubeconfig ${file} is not usable: ${faultIn(error)}`);
  }
  const fault = faultOf(kubeConfig);
  if (fault) throw new UnusableKubeconfig(`The kubeconfig ${file} is not usable: ${fault}`);
  return { kubeConfig, version: createHash('sha256').update(text).digest('hex') };
}
