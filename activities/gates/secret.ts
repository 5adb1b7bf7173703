import type { V1Secret } from '@kubernetes/client-node';
import type { KubeClient } from '../../kube/client.ts';
import type { CallOptions } from '../../kube/connection.ts';
import { isForbidden } from '../../kube/errors.ts';
import { type KubeObject, SECRETS } from '../../kube/resources.ts';
import { GATE_REASONS } from '../../model/gates/asking.ts';
import { LABELS } from '../../model/names.ts';
import type { GateSecret } from '../../model/types.ts';
import { GateProblem } from './problem.ts';

/**
 * What a gate proves with that it is us. Only of a Secret whose owner has labelled it for that: who may write FogRollouts is
 * not thereby somebody who may use, or send somewhere, every Secret beside them.
 *
 * @throws GateProblem, which names the Secret and nothing of what is in it
 */
export async function readGateSecret(
  client: KubeClient,
  namespace: string,
  { name, key }: GateSecret,
  options: CallOptions,
): Promise<Buffer> {
  const secret = `Secret ${namespace}/${name}`;
  const unusable = (why: string) => new GateProblem(GATE_REASONS.secret, `${secret} ${why}`, { mayPass: true });
  const live = await find(client, { namespace, name }, options);
  if (!live) throw unusable('does not exist');
  if (live.metadata.labels?.[LABELS.gates] !== 'true') {
    throw unusable(`is not for gates: whoever it belongs to labels it ${LABELS.gates}=true`);
  }
  const value = Buffer.from(live.data?.[key] ?? '', 'base64');
  if (value.length === 0) throw unusable(`has nothing under the key ${key}`);
  return value;
}

/** The header by which a Secret is shown as a token. */
export function bearer(token: Buffer): { authorization: string } {
  return { authorization: `Bearer ${token.toString('utf8').trim()}` };
}

async function find(
  client: KubeClient,
  ref: { namespace: string; name: string },
  options: CallOptions,
): Promise<(V1Secret & KubeObject) | undefined> {
  try {
    return await client.find<V1Secret & KubeObject>(SECRETS, ref, options);
  } catch (error) {
    if (!isForbidden(error)) throw error;
    const where = `Secret ${ref.namespace}/${ref.name}`;
    const cure = 'the value gates.secrets.namespaces of the chart allows it';
    throw new GateProblem(GATE_REASONS.secret, `${where} may not be read by Fog Rollouts; ${cure}`);
  }
}
