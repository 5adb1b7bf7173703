import type { KubeObject } from '../kube/resources.ts';
import { SharedValues } from '../kube/shared-values.ts';
import { judgedByOwnWord, type LiveObject, withoutOwnWord } from '../model/drift.ts';
import { FIELD_MANAGER } from '../model/names.ts';

interface Entry {
  time?: string;
  [field: string]: unknown;
}

interface Release extends KubeObject {
  spec?: object;
  status?: { conditions?: { type: string; [field: string]: unknown }[]; [field: string]: unknown };
}

/** What of a Deployment's conditions is read; see readiness.ts. */
const CONDITIONS = ['Progressing', 'ReplicaFailure'];

/**
 * Makes our Deployments and Services smaller for an informer, and loses nothing that is read of them: what sites of one
 * rollout have in common they share, and what a release says itself that it was made is replaced by the verdict on it.
 */
export function slimReleases(): <T extends KubeObject>(object: T, known?: T) => T {
  const values = new SharedValues();
  return <T extends KubeObject>(object: T, known?: T): T => {
    const release = object as T & Release;
    const { metadata, spec, status } = release;
    // All of them: a first apply writes them back.
    if (metadata.managedFields) {
      metadata.managedFields = (metadata.managedFields as Entry[]).map(({ time, ...entry }) => ({
        ...values.share(entry),
        ...(time !== undefined && { time }),
      }));
    }
    if (known && isAsWritten(object, known)) withoutOwnWord(object as LiveObject, known as LiveObject);
    else judgedByOwnWord(object as LiveObject, spec && 'template' in spec ? 'Deployment' : 'Service');
    if (metadata.labels) metadata.labels = values.share(metadata.labels);
    if (metadata.annotations) metadata.annotations = values.share(metadata.annotations);
    if (spec) release.spec = values.share(spec);
    if (status?.conditions) {
      const conditions = status.conditions.filter(({ type }) => CONDITIONS.includes(type));
      release.status = {
        ...status,
        conditions: conditions.map(({ lastTransitionTime: _, ...condition }) => condition),
      };
    }
    return object;
  };
}

/** Whether only its status has changed since: then the verdict on it is still the same. Nothing of a Service tells that. */
function isAsWritten({ metadata }: KubeObject, { metadata: known }: KubeObject): boolean {
  if (metadata.generation === undefined || metadata.generation !== known.generation || metadata.uid !== known.uid)
    return false;
  const [ours, before] = [ownFields(metadata.managedFields), ownFields(known.managedFields)];
  return ours.length === before.length && ours.every((fields, at) => fields === before[at]);
}

/** Shared, so that the same ones are the same object. */
function ownFields(entries: unknown[] = []): unknown[] {
  return (entries as Entry[]).flatMap(({ manager, fieldsV1 }) => (manager === FIELD_MANAGER ? [fieldsV1] : []));
}
