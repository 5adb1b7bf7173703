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
  gate: string;
  /** RFC 3339. */
  since: string;
  token: string;
}

export function contextOf({ owner, revision, layer, at, name, since, token }: AskGateInput): GateContext {
  const { namespace, name: rollout, uid } = owner;
  const { generation, version } = revision;
  return { rollout, namespace, uid, generation, version, layer, at, gate: name, since, token };
}
