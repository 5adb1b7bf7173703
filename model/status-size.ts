/** What keeps a FogRollout's status under 64 KB, however many sites fail and whatever they say. */
import { boundLine, boundText } from './text.ts';
import type { FogRolloutStatus, LayerStatus, RollbackStatus } from './types.ts';

/** Bytes a message may take, as JSON. */
export const MAX_MESSAGE = 1024;

/** Bytes of names and versions; the CRD keeps them shorter. */
const MAX_WORD = 512;

/** How many failures are kept, the newest first. */
export const MAX_FAILURES = 20;

/** Keeps the size bounded, whatever went in. */
export function seal(status: FogRolloutStatus): FogRolloutStatus {
  const sealed = { ...status };
  if (status.version !== undefined) sealed.version = word(status.version);
  if (status.revision) sealed.revision = { ...status.revision, version: word(status.revision.version) };
  if (status.succeeded) {
    sealed.succeeded = status.succeeded.map((one) => ({ ...one, version: word(one.version) }));
  }
  if (status.rollback) sealed.rollback = sealRollback(status.rollback);
  if (status.layers) sealed.layers = status.layers.map(sealLayer);
  if (status.failures) {
    sealed.failures = status.failures.slice(0, MAX_FAILURES).map((failure) => ({
      site: word(failure.site),
      layer: failure.layer,
      reason: word(failure.reason),
      message: message(failure.message),
    }));
  }
  return sealed;
}

function sealRollback({ version, by, reason, ...rest }: RollbackStatus): RollbackStatus {
  return {
    ...rest,
    version: word(version),
    ...(by !== undefined && { by: word(by) }),
    ...(reason !== undefined && { reason: message(reason) }),
  };
}

function sealLayer(layer: LayerStatus): LayerStatus {
  const sealed = { ...layer };
  if (layer.version !== undefined) sealed.version = word(layer.version);
  if (layer.message !== undefined) sealed.message = message(layer.message);
  return sealed;
}

/** A message as it may be stored: one line, bounded. */
export function message(text: string): string {
  return boundLine(text, MAX_MESSAGE);
}

function word(text: string): string {
  return boundText(text, MAX_WORD);
}

/** A condition's reason must match ^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$. */
export function conditionReason(reason: string): string {
  const letters = reason.replace(/[^A-Za-z0-9]/g, '').slice(0, MAX_WORD);
  return /^[A-Za-z]/.test(letters) ? letters : 'Failed';
}
