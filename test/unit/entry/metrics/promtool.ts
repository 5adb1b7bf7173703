import { execFileSync } from 'node:child_process';

/** @returns why Prometheus' own checks cannot be run here; undefined when they can */
export function whyNoPromtool(): string | undefined {
  try {
    execFileSync('promtool', ['--version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'needs promtool, which is in Debian’s package prometheus';
  }
}
