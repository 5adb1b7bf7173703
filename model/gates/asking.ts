/** The activities that ask others for a gate. Types only, so that workflow code can import it. */
import type { Owner, RevisionId } from '../types.ts';
import type { Asking } from './asked.ts';
import type { GateReply, Unsettled } from './kind.ts';

export interface AskGateInput extends Asking {
  owner: Owner;
  /** What waits at the gate. */
  revision: RevisionId;
  /** Of the asking: who is asked twice by one token is to answer once. */
  token: string;
}

/** Of the hub's workers. Idempotent by the token. */
export interface GateActivities {
  /**
   * Asks once, or until there is an answer, by the kind of the gate. What people are to be shown meanwhile is unsettled.
   *
   * @throws whatever is to be tried again until the gate's deadline; what is final is a reply
   */
  askGate(input: AskGateInput): Promise<GateReply | Unsettled>;
  /** Ends what was begun to answer, if it is ours: nobody waits for it any more. */
  withdrawGate(input: AskGateInput): Promise<void>;
}

/** Reasons that a gate which asks others fails for. */
export const GATE_REASONS = {
  /** It was answered, and the answer is no. */
  refused: 'GateRefused',
  /** It points at where nothing is asked. */
  address: 'GateAddressRefused',
  /** What it needs of the cluster is not there, or not for it. */
  secret: 'GateSecretUnusable',
  /** What is to be run is not there, or not to be had. */
  unrunnable: 'GateUnrunnable',
  /** Nothing that was answered says yes or no. */
  inconclusive: 'GateInconclusive',
  /** What is to be run has failed. */
  failed: 'GateFailed',
  /** Nobody said yes or no in time. */
  deadline: 'GateDeadlineExceeded',
} as const;
