import {
  isAlreadyExists,
  isDenied,
  isInvalid,
  isNamespaceMissing,
  isRefusedAsWhole,
  KubeError,
} from '../kube/errors.ts';
import { type KubeObject, keyOfObject } from '../kube/resources.ts';
import { type CheckedRelease, FAILURE } from '../model/activities.ts';
import { dryRunCreate, dryRunMerge, takesNoDryRun } from './dry-run.ts';
import { isFinal, ReleaseError, toFailure } from './errors.ts';
import { takeOverCreated } from './field-ownership.ts';
import { createNamespace } from './namespaces.ts';
import type { Write } from './release-writer.ts';

/** Where a release is checked whose own namespace is yet to be made: every cluster has it. */
const ANY_NAMESPACE = 'default';

/**
 * Has the API server judge a write, with all its admission, without carrying it out.
 *
 * @param live - what is there, judged
 * @returns what is there now: the same, but for who is recorded as the owner of our fields
 * @throws as the write itself would
 */
export async function dryRunWrite(
  write: Write<KubeObject>,
  live: KubeObject | undefined,
): Promise<KubeObject | undefined> {
  if (!live) return void (await dryRunNew(write));
  const { client, type, object, signal } = write;
  // What an apply removes depends on it, and so does whether the rest is valid.
  const owned = await takeOverCreated(write, live);
  try {
    // At whatever version: nothing is written that would have to be fenced, and a busy controller is in nobody's way.
    await client.apply(type, object, { force: true, dryRun: true }, { signal });
  } catch (error) {
    if (!isRefusedAsWhole(error)) throw error;
    // What someone else put beside ours: the write takes it away.
    await dryRunMerge(client, type, object, object, { signal });
  }
  return owned;
}

async function dryRunNew(write: Write<KubeObject>): Promise<void> {
  const { client, type, object, signal } = write;
  try {
    await dryRunCreate(client, type, object, { signal });
  } catch (error) {
    if (isAlreadyExists(error)) return; // somebody was faster, and nothing but that was wrong
    if (!isNamespaceMissing(error)) throw error;
    await createNamespace(client, object.metadata.namespace!, signal, { dryRun: true });
    await dryRunElsewhere(write, isInvalidHere);
  }
}

/**
 * Whether the object is valid, where its own namespace cannot be asked: it is yet to be made, or on a cluster that is not
 * reached from here. The rules of the namespace that is asked instead say nothing.
 *
 * @param isInvalidThere - whether what is refused would be refused there too
 */
export async function dryRunElsewhere(
  { client, type, object, signal }: Write<KubeObject>,
  isInvalidThere: (error: unknown) => boolean,
): Promise<void> {
  const elsewhere = { ...object, metadata: { ...object.metadata, namespace: ANY_NAMESPACE } };
  try {
    await dryRunCreate(client, type, elsewhere, { signal });
  } catch (error) {
    if (isAlreadyExists(error)) return;
    // The rules of that namespace are not those of the one to come.
    if (!isInvalidThere(error)) throw new Uncheckable(error);
    const words = (error as KubeError).status?.message ?? (error as KubeError).message;
    throw new ReleaseError(FAILURE.invalid, `${type.kind} ${keyOfObject(object)}: ${words}`, { cause: error });
  }
}

function isInvalidHere(error: unknown): boolean {
  return isInvalid(error) && !isDenied(error);
}

/** What every version refuses: a field that is missing, no such value, twice the same, or a name that leads nowhere. */
const EVERYWHERE = ['FieldValueRequired', 'FieldValueInvalid', 'FieldValueDuplicate', 'FieldValueNotFound'];

/** Whether it would be invalid at any API server, whatever its version has or lacks. */
export function isInvalidEverywhere(error: unknown): boolean {
  const { causes = [] } = (error instanceof KubeError && error.status?.details) || {};
  return isInvalidHere(error) && causes.some(({ reason = '' }) => EVERYWHERE.includes(reason));
}

/** Nothing can be said: not that it would succeed, nor that it would not. */
class Uncheckable extends Error {
  override readonly name = 'Uncheckable';

  constructor(cause: unknown) {
    super((cause as Error).message, { cause });
  }
}

/**
 * Runs a check. What the API server would refuse fails as the write would; what cannot be known now is no failure: a cluster
 * that does not answer, an admission webhook that takes no dry runs, a namespace whose rules are not there yet.
 *
 * @param where - as {@link toFailure}
 */
export async function checked(where: string, signal: AbortSignal, check: () => Promise<void>): Promise<CheckedRelease> {
  try {
    await check();
    return { checked: true };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const failure = toFailure(error, where);
    if (isFinal(failure) && !takesNoDryRun(error) && !(error instanceof Uncheckable)) throw failure;
    return { checked: false, message: failure.message };
  }
}
