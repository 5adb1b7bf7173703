import { hostOf, RefusedAddress } from '../../kube/addresses.ts';
import { messageOf } from '../../kube/errors.ts';
import { createOutside, type Outside } from '../../kube/outside.ts';
import { urlText } from '../../model/gates/asked.ts';
import { GATE_REASONS } from '../../model/gates/asking.ts';
import { GateProblem } from './problem.ts';

/**
 * Requests to wherever the people who write FogRollouts say. They throw GateProblem where nobody is asked; else Error, with whom
 * it asked.
 *
 * @param allowedHosts - names and addresses, as URLs have them, that are asked wherever they lead
 */
export function createGateOutside(how: { allowedHosts: readonly string[] }): Outside {
  const outside = createOutside(how);
  return {
    async request(url, request) {
      try {
        return await outside.request(url, request);
      } catch (error) {
        if (request.signal.aborted) throw error;
        if (error instanceof RefusedAddress) throw addressRefused(url, error);
        throw new Error(`${urlText(url)}: ${messageOf(error)}`);
      }
    },
    close: () => outside.close(),
  };
}

function addressRefused(url: string, { message }: RefusedAddress): GateProblem {
  const host = hostOf(new URL(url));
  const cure = `gates ask nobody there, unless FOG_ROLLOUTS_GATE_HOSTS of the workers lists ${host}`;
  return new GateProblem(GATE_REASONS.address, `${urlText(url)} ${message}; ${cure}`);
}
