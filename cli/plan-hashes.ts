/** The hashes of plans, as `plan --out` writes them and `approve --plan` reads them: a line each, `namespace/name hash`. */
import { readFileSync } from 'node:fs';
import { PLAN_HASH } from '../model/plan-hash.ts';

export interface NamedPlan {
  namespace: string;
  name: string;
  hash: string;
}

/** Of a FogRollout; without a namespace, whichever the context has. */
interface Wanted {
  rollout: string;
  namespace?: string | undefined;
}

export function hashLines(plans: NamedPlan[]): string {
  return plans.map(({ namespace, name, hash }) => `${namespace}/${name} ${hash}\n`).join('');
}

/**
 * The hash of a FogRollout's plan.
 *
 * @param given - the hash itself, or a file that has it
 * @throws Error with what is wrong, for people
 */
export function planHashBy(given: string, wanted: Wanted): string {
  return PLAN_HASH.test(given) ? given : hashIn(textOf(given), given, wanted);
}

function textOf(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'is neither a hash of 32 digits nor a file' : `cannot be read (${code})`;
    throw new Error(`${file} ${why}`, { cause });
  }
}

function hashIn(text: string, file: string, { rollout, namespace }: Wanted): string {
  const plans = text.split('\n').flatMap((line) => {
    const [, ofNamespace = '', name, hash = ''] = /^([^/\s]+)\/(\S+) (\S+)$/.exec(line) ?? [];
    const isMeant = name === rollout && (namespace === undefined || namespace === ofNamespace);
    return isMeant && PLAN_HASH.test(hash) ? [{ namespace: ofNamespace, hash }] : [];
  });
  const [plan, ...others] = plans;
  if (!plan) throw new Error(`${file} has no plan of ${namespace === undefined ? '' : `${namespace}/`}${rollout}`);
  if (others.length === 0) return plan.hash;
  throw new Error(`${file} has several plans of ${rollout}; say by --namespace which`);
}
