/** What people decide at the gates that wait: which one is meant, and what comes of it. Pure. */
import { answerOf, gateName, isDecided, refusalOf } from '../gates/gates.ts';
import type { Decision, GateState } from '../gates/kind.ts';
import { answersOf, type GateTurn, placeText } from './gate-turn.ts';
import type { Situation } from './situation.ts';
import type { ActionRequest } from './steering.ts';

/** Gates that waited in vain, and now wait for a person to let them wait anew. */
export function expired({ turns, now }: Situation): GateState[] {
  return turns.flatMap((turn) =>
    answersOf(turn, now).flatMap((answer, at) => (answer.state === 'Failed' && answer.pauses ? [turn.gates[at]!] : [])),
  );
}

/** One gate among those that wait. */
interface Found {
  turn: GateTurn;
  index: number;
}

export function refusalAtGate(request: ActionRequest, situation: Situation): string | undefined {
  const found = find(request, situation);
  if (typeof found === 'string') return found;
  const { turn, index } = found;
  const why = refusalOf(turn.step.gates[index]!, turn.gates[index]!, decisionOf(request));
  return why && `The gate ${textOf(found)}: ${why}`;
}

export function decideAtGate(request: ActionRequest, situation: Situation): string {
  const found = find(request, situation) as Found;
  const { turn, index } = found;
  turn.gates[index]!.decisions.push(decisionOf(request));
  const { state, message } = answerOf(turn.step.gates[index]!, turn.gates[index]!, situation.now);
  return `The gate ${textOf(found)}${state === 'Open' ? ' is open' : ''}: ${message}`;
}

/** @returns why it is not clear which gate is meant, where it is not */
function find({ layer, wave, gate }: ActionRequest, { turns, now }: Situation): Found | string {
  const waiting = turns.flatMap((turn) =>
    answersOf(turn, now).flatMap((answer, index) =>
      answer.state === 'Closed' && isDecided(turn.step.gates[index]!) ? [{ turn, index }] : [],
    ),
  );
  const meant = waiting.filter(
    (found) =>
      (layer === undefined || found.turn.step.layer === layer) &&
      (wave === undefined || found.turn.step.wave === wave) &&
      (gate === undefined || nameOf(found) === gate),
  );
  const [only, ...others] = meant;
  if (only && others.length === 0) return only;
  if (waiting.length === 0) return 'Nothing waits for an approval now';
  const all = waiting.map(textOf).join(', ');
  return only
    ? `Several gates wait: ${all}; say which by layer, wave and gate`
    : `No such gate waits now; there waits ${all}`;
}

function nameOf({ turn, index }: Found): string {
  return gateName(turn.step.gates[index]!, index);
}

function textOf(found: Found): string {
  return `${nameOf(found)} ${placeText(found.turn.step)}`;
}

function decisionOf({ by, at, action, plan, reason }: ActionRequest): Decision {
  return {
    ...{ by, at, approves: action === 'Approve' },
    ...(plan !== undefined && { plan }),
    ...(reason !== undefined && { reason }),
  };
}
