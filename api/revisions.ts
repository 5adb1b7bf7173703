import type { V1ControllerRevision } from '@kubernetes/client-node';
import type { KubeClient } from '../kube/client.ts';
import { CONTROLLER_REVISIONS, type KubeObject } from '../kube/resources.ts';
import { keptGeneration, keptSelector } from '../model/history/kept.ts';
import { revisionIn } from '../model/kept-revision.ts';
import { revisionName } from '../model/names.ts';
import { isFields, isRecordOf, isText } from '../model/run/shape.ts';
import type { Revision } from '../model/types.ts';
import { type RevisionReader, RevisionsUnavailable } from './deps.ts';

/** Milliseconds a request to Kubernetes may take. */
const DEADLINE = 5_000;

/** Characters of a label's value. */
const LONGEST_LABEL = 63;

/** More than are ever kept of one FogRollout. */
const MOST_KEPT = 500;

/** One request a question; a list is of nothing but metadata, which leaves out the content. */
export function createRevisionReader(client: KubeClient): RevisionReader {
  const options = { timeoutMs: DEADLINE };
  return {
    async list(namespace, name) {
      // Kubernetes refuses the question for what no label can be; no FogRollout has such a name.
      if (name.length > LONGEST_LABEL) return [];
      const list = { namespace, labelSelector: keptSelector(name), limit: MOST_KEPT };
      const { items } = await ask(() => client.listMetadata(CONTROLLER_REVISIONS, list, options));
      return items.flatMap(({ metadata }) => keptGeneration(name, metadata) ?? []);
    },

    async read(namespace, name, generation) {
      const ref = { namespace, name: revisionName(name, { generation }) };
      const live = await ask(() => client.find<V1ControllerRevision & KubeObject>(CONTROLLER_REVISIONS, ref, options));
      const kept = live && keptGeneration(name, live.metadata);
      const content = live && revisionIn(live.data);
      return kept && { ...kept, ...(isRevision(content) && { content }) };
    },
  };
}

async function ask<R>(request: () => Promise<R>): Promise<R> {
  try {
    return await request();
  } catch (error) {
    throw new RevisionsUnavailable('Kubernetes did not answer the request for kept revisions', { cause: error });
  }
}

/** What a person wrote there by hand may be any JSON. */
function isRevision(content: unknown): content is Revision {
  if (!isFields<Revision>(content)) return false;
  const { layers, version, hash } = content;
  return isRecordOf(layers, isFields) && [version, hash].every(isText);
}
