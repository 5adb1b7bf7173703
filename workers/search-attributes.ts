import { type Connection, isGrpcServiceError, ServiceError } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { SEARCH_ATTRIBUTES } from '../model/names.ts';

/** How long Temporal has to answer, in ms. */
const DEADLINE_MS = 10_000;
/** temporal.api.enums.v1.IndexedValueType KEYWORD. */
const KEYWORD = 2;

/**
 * Registers our search attributes where they are missing; needed before the first workflow is started.
 *
 * @throws Error that says what to run, where this connection may not register them (Temporal Cloud, say)
 */
export async function ensureSearchAttributes(
  connection: Connection | NativeConnection,
  namespace: string,
): Promise<void> {
  const wanted = Object.values(SEARCH_ATTRIBUTES);
  const { operatorService } = connection;
  const ask = <T>(question: () => Promise<T>) => connection.withDeadline(Date.now() + DEADLINE_MS, question);
  const known = await ask(() => operatorService.listSearchAttributes({ namespace }));
  const missing = wanted.filter((name) => !(name in (known.customAttributes ?? {})));
  if (missing.length === 0) return;
  try {
    const searchAttributes = Object.fromEntries(missing.map((name) => [name, KEYWORD]));
    await ask(() => operatorService.addSearchAttributes({ namespace, searchAttributes }));
  } catch (error) {
    if (isAlreadyThere(error)) return; // another process of ours was first
    const command = missing.map((name) => `--name ${name} --type Keyword`).join(' ');
    throw new Error(
      `Could not register the search attributes ${missing.join(', ')} in Temporal namespace ${namespace}: ${wordsOf(error)}; ` +
        `register them yourself: temporal operator search-attribute create --namespace ${namespace} ${command}`,
      { cause: error },
    );
  }
}

function isAlreadyThere(error: unknown): boolean {
  return isGrpcServiceError(error) && /already (exists|registered)/i.test(error.details ?? error.message);
}

function wordsOf(error: unknown): string {
  if (isGrpcServiceError(error)) return error.details || error.message;
  return error instanceof ServiceError || error instanceof Error ? error.message : String(error);
}
