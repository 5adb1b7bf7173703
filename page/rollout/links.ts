/** Where else a run is to be seen. Pure. */
import type { RunView } from '../../model/view.ts';

/** The run in Temporal's UI. */
export function temporalAddress(
  { url, namespace }: { url: string; namespace: string },
  { workflowId, runId }: Pick<RunView, 'workflowId' | 'runId'>,
): string {
  const parts = ['namespaces', namespace, 'workflows', workflowId, runId, 'history'];
  return `${url}/${parts.map(encodeURIComponent).join('/')}`;
}
