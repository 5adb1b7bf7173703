import type { Page } from './calls.ts';
import { KubeConnectionError } from './errors.ts';
import { apiVersionOf, type KubeObject, type ResourceType } from './resources.ts';
import { isRecord, oneLine } from './text.ts';

/**
 * What a 200 must hold. A proxy's page, another program at the same address or a broken aggregated API answer too, and what
 * they answer must not be taken for the state of the cluster. Each check throws a KubeConnectionError, since whatever it
 * was, it was no answer of a Kubernetes API server: it may pass, and says nothing final about the object.
 */
export interface Asked {
  /** `GET deployments.apps edge/web-edge`. */
  request: string;
  /** The address that answered. */
  server: string;
  type: ResourceType;
}

export function objectIn<T extends KubeObject>(answer: unknown, asked: Asked): T {
  checkObject(answer, asked, 'The answer');
  return answer as T;
}

export function pageIn<T extends KubeObject>(answer: unknown, asked: Asked): Page<T> {
  const { kind } = asked.type;
  if (!isRecord(answer)) throw rubbish(asked, `The answer is no list of ${kind}`);
  if (answer.kind !== undefined && answer.kind !== 'List' && answer.kind !== `${kind}List`) {
    throw rubbish(asked, `The answer is ${named(answer.kind)} instead of ${kind}List`);
  }
  // Go writes an empty list as null where it was never made.
  const items = answer.items === null ? [] : answer.items;
  if (!Array.isArray(items)) throw rubbish(asked, `The list of ${kind} has no items`);
  const metadata = isRecord(answer.metadata) ? answer.metadata : {};
  const { resourceVersion, continue: token, remainingItemCount } = metadata;
  if (typeof resourceVersion !== 'string') throw rubbish(asked, `The list of ${kind} has no resourceVersion`);
  for (const item of items) {
    checkObject(item, asked, 'An item of the list');
    // Items of built-in types come without these two, watch events with them: alike is easier to use and compare.
    item.apiVersion ??= apiVersionOf(asked.type);
    item.kind ??= kind;
  }
  return {
    items: items as T[],
    resourceVersion,
    ...(typeof token === 'string' && token !== '' && { continue: token }),
    ...(typeof remainingItemCount === 'number' && remainingItemCount > 0 && { remaining: remainingItemCount }),
  };
}

/** Of a watch, but for ERROR: the object of an event; of a BOOKMARK, only its version. */
export function checkEvent({ type, object }: { type: string; object: unknown }, asked: Asked): void {
  if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED') {
    checkObject(object, asked, 'An event');
    return;
  }
  if (type !== 'BOOKMARK') throw rubbish(asked, `The watch sent an event of type ${named(type)}`);
  if (!isRecord(object) || !isRecord(object.metadata))
    throw rubbish(asked, 'The watch sent a bookmark without metadata');
}

/** The error of what cannot be an answer of Kubernetes. */
export function rubbish({ request, server }: Omit<Asked, 'type'>, what: string, cause?: unknown): KubeConnectionError {
  return new KubeConnectionError(request, `${server}: ${what}; is this a Kubernetes API server?`, { cause });
}

function checkObject(value: unknown, asked: Asked, what: string): asserts value is Record<string, unknown> {
  const { kind } = asked.type;
  if (!isRecord(value)) throw rubbish(asked, `${what} is no ${kind}`);
  if (value.kind !== undefined && value.kind !== kind) {
    throw rubbish(asked, `${what} is ${named(value.kind)} instead of ${kind}`);
  }
  const { metadata } = value;
  if (!isRecord(metadata) || typeof metadata.name !== 'string' || metadata.name === '') {
    throw rubbish(asked, `${what} is a ${kind} without a name`);
  }
}

function named(kind: unknown): string {
  return oneLine(JSON.stringify(kind) ?? 'undefined', 80);
}
