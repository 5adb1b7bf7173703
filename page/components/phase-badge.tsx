import type { LayerPhase, Phase } from '../../model/types.ts';
import { phaseText } from '../text.ts';
import { Icon, type IconName } from './icon.tsx';

/** Of rollouts and of layers. The tone is a colour of styles/theme.css. */
const LOOKS: Record<Phase | LayerPhase, { icon: IconName; tone: string }> = {
  Pending: { icon: 'dots', tone: 'quiet' },
  Progressing: { icon: 'arrow', tone: 'busy' },
  WaitingForApproval: { icon: 'hand', tone: 'wait' },
  Paused: { icon: 'pause', tone: 'wait' },
  RollingBack: { icon: 'back', tone: 'turn' },
  Succeeded: { icon: 'check', tone: 'good' },
  Ready: { icon: 'check', tone: 'good' },
  Failed: { icon: 'cross', tone: 'bad' },
  Skipped: { icon: 'minus', tone: 'quiet' },
  Removing: { icon: 'minus', tone: 'quiet' },
};

const UNKNOWN = { icon: 'dots', tone: 'quiet' } as const;

export function PhaseBadge({ phase }: { phase: Phase | LayerPhase }) {
  const { icon, tone } = LOOKS[phase] ?? UNKNOWN;
  return (
    <span class={`badge is-${tone}`}>
      <Icon name={icon} />
      {phaseText(phase)}
    </span>
  );
}
