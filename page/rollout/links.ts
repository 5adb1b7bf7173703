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

/** Of runs that are traced; the address where the API knows one. */
interface Traced {
  traceId?: string;
  traceUrl?: string;
}

/** @returns undefined where it is not traced */
export function traceOf(run: RunView & Traced): { id: string; address?: string } | undefined {
  const { traceId: id, traceUrl } = run;
  if (!id) return undefined;
  const isAddress = traceUrl !== undefined && /^https?:\/\//.test(traceUrl);
  return { id, ...(isAddress && { address: traceUrl }) };
}
