import packageJson from '../package.json' with { type: 'json' };
import type { Tracing } from '../tracing/tracing.ts';
import type { RoleName } from './process.ts';
import type { ProcessContext } from './roles/role.ts';

/** Those that have a part in a run. */
const WORKING: ReadonlySet<RoleName> = new Set(['all', 'worker', 'region']);

/** OpenTelemetry of a process; where it is not asked for, nothing of it is even loaded. */
export async function tracingFor(
  role: RoleName,
  { config, log }: Pick<ProcessContext, 'config' | 'log'>,
): Promise<Tracing | undefined> {
  const { tracing, queue } = config;
  if (!tracing || !WORKING.has(role)) return undefined;
  const { startTracing } = await import('../tracing/tracing.ts');
  return startTracing({
    ...tracing,
    role,
    version: packageJson.version,
    log,
    queue: role === 'region' ? queue : undefined,
  });
}
