/** In one line, what a rollout waits for or does now. Pure. */
import type { RolloutSummary } from '../../model/rollout-summary.ts';

export function standingText({ phase, ready, layers, waitsFor, version, completedVersion }: RolloutSummary): string {
  const [awaited, ...others] = waitsFor;
  if (awaited) {
    const more = others.length > 0 ? `, and ${others.length} more` : '';
    if (awaited.kind !== 'gate') return `${awaited.message}${more}`;
    const where = awaited.layer ? ` ${awaited.at ?? 'before'} ${awaited.layer}` : '';
    return `gate ${awaited.gate}${where}: ${awaited.message}${more}`;
  }
  const failed = layers.find((layer) => layer.phase === 'Failed');
  if (failed) {
    const held = layers.filter((layer) => layer.phase === 'Pending').map(({ layer }) => layer);
    const { sites } = failed;
    const where = sites.total > 1 && sites.failed > 0 ? ` at ${sites.failed} of ${sites.total} sites` : '';
    const what = `${failed.layer} failed${where}`;
    return held.length > 0 ? `${what}; ${held.join(' and ')} not promoted` : what;
  }
  const current = layers.find((layer) => layer.phase === 'Progressing' || layer.phase === 'Removing');
  if (current) {
    const waiting = layers.filter((layer) => layer.phase === 'Pending').map(({ layer }) => layer);
    const doing = current.phase === 'Removing' ? 'removing from' : 'rolling out to';
    return waiting.length > 0
      ? `${doing} ${current.layer}; ${waiting.join(' and ')} ${waiting.length > 1 ? 'wait' : 'waits'} for it`
      : `${doing} ${current.layer}`;
  }
  if (phase === 'Succeeded' && !ready) return 'not ready any more';
  if (phase === 'Succeeded' || completedVersion === version) return '';
  return phase === 'Pending' ? 'waits for its run' : '';
}
