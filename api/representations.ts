import { hash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { FOG_ROLLOUT_KIND, GROUP, VERSION } from '../model/names.ts';
import type { FogRollout } from '../model/types.ts';
import { runViewOf } from '../model/view.ts';
import type { RolloutReader } from './deps.ts';

/** An answer made before it is asked for, with a validator that changes exactly when its bytes do. */
export interface Representation {
  body: Buffer;
  etag: string;
  /** Names and values in turn, as `writeHead` takes them. */
  headers: string[];
  /** The headers of a 304. */
  unchangedHeaders: string[];
  /** The same for a client that takes gzip; made where it pays. */
  gzipped?: Pick<Representation, 'body' | 'headers'>;
}

/** Of text it saves nearly as much as the highest, in a third of the time. */
const GZIP_LEVEL = 4;

const JSON_TYPE = 'application/json; charset=utf-8';

export interface Representations {
  /** The whole object, or undefined where there is none. */
  object(namespace: string, name: string): Representation | undefined;
  /** The names and versions of a namespace's rollouts. */
  list(namespace: string): Representation;
  close(): void;
}

/**
 * Answers in bytes, made once per change rather than once per request. An object's bytes live as long as the
 * object in the informer's cache does; a namespace's list lives until a rollout of it comes, goes or changes
 * its version, so that status reports, by far the most frequent change, leave it as it is.
 */
export function createRepresentations(rollouts: RolloutReader): Representations {
  const objects = new WeakMap<FogRollout, Representation>();
  const lists = new Map<string, Representation>();
  const empty = listOf([]);

  const forget = (rollout: FogRollout): void => {
    lists.delete(rollout.metadata.namespace);
  };
  const unsubscribe = rollouts.subscribe({
    onAdd: forget,
    onUpdate: (old, now) => {
      if (old.spec.version !== now.spec.version) forget(now);
    },
    onDelete: forget,
  });

  return {
    object(namespace, name) {
      const rollout = rollouts.get(namespace, name);
      if (rollout === undefined) return undefined;
      let known = objects.get(rollout);
      if (known === undefined) {
        known = objectOf(rollout);
        objects.set(rollout, known);
      }
      return known;
    },
    list(namespace) {
      const known = lists.get(namespace);
      if (known !== undefined) return known;
      const members = rollouts.byIndex('namespace', namespace);
      // Namespaces without rollouts are not remembered: a client could name any number of them.
      if (members.length === 0) return empty;
      const made = listOf(members);
      lists.set(namespace, made);
      return made;
    },
    close: unsubscribe,
  };
}

/** The object as Kubernetes has it, but for what only its writers need: of fields' ownership, and the reports' number. */
function objectOf(rollout: FogRollout): Representation {
  const { managedFields: _, ...metadata } = rollout.metadata;
  const { status } = rollout;
  const shown = status?.run && { status: { ...status, run: runViewOf(status.run) } };
  const whole = { ...rollout, ...shown, apiVersion: `${GROUP}/${VERSION}`, kind: FOG_ROLLOUT_KIND, metadata };
  return representationOf(JSON.stringify(whole), { etag: `"${metadata.uid}.${metadata.resourceVersion}"` });
}

function listOf(rollouts: FogRollout[]): Representation {
  const fogrollouts = rollouts
    .map(({ metadata, spec }) => ({ name: metadata.name, version: spec.version }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return representationOf(JSON.stringify({ fogrollouts }));
}

interface RepresentationOptions {
  /** Left out: a hash of the bytes, for what has no version of its own. */
  etag?: string;
  mediaType?: string;
  /** Left out: to be kept, but asked for again before each use. */
  cacheControl?: string;
  headers?: string[];
  /** Makes a smaller body, too, for what is large and asked for often. */
  gzip?: boolean;
}

/** @param content - text, or the bytes of it */
export function representationOf(content: string | Buffer, options: RepresentationOptions = {}): Representation {
  const body = Buffer.from(content);
  const { etag = `"${hash('sha1', body, 'base64url')}"`, mediaType = JSON_TYPE, headers = [] } = options;
  const { cacheControl = 'no-cache', gzip } = options;
  const vary = gzip ? ['vary', 'accept-encoding'] : [];
  const shared = [
    'etag',
    etag,
    'cache-control',
    cacheControl,
    'x-content-type-options',
    'nosniff',
    ...vary,
    ...headers,
  ];
  const headersOf = (bytes: Buffer, ...more: string[]) => {
    return ['content-type', mediaType, 'content-length', String(bytes.length), ...more, ...shared];
  };
  const small = gzip ? gzipSync(body, { level: GZIP_LEVEL }) : undefined;
  return {
    body,
    etag,
    headers: headersOf(body),
    unchangedHeaders: shared,
    ...(small && { gzipped: { body: small, headers: headersOf(small, 'content-encoding', 'gzip') } }),
  };
}
