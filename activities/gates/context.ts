import type { AskGateInput } from '../../model/gates/asking.ts';

/** What waits at a gate, as whoever is asked is told. */
export interface GateContext {
  rollout: string;
  namespace: string;
  uid: string;
  generation: number;
  version: string;
  layer: string;
  at: string;
  wave?: string;
  gate: string;
  /** RFC 3339. */
  since: string;
  token: string;
}

export function contextOf({ owner, revision, layer, at, wave, name, since, token }: AskGateInput): GateContext {
  const { namespace, name: rollout, uid } = owner;
  const { generation, version } = revision;
  const place = { layer, at, ...(wave !== undefined && { wave }) };
  return { rollout, namespace, uid, generation, version, ...place, gate: name, since, token };
}
