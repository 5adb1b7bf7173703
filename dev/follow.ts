/** Shows a FogRollout's stages while they happen, from one watch of the object. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { LAYERS } from '../model/layers.ts';
import type { FogRolloutStatus, LayerStatus } from '../model/types.ts';
import { failureLines, othersText } from '../model/view.ts';
import { type Output, paint, type Style } from './console.ts';
import { StackError } from './errors.ts';

export interface Followed {
  kubectl: string;
  kubeconfig: string;
  namespace: string;
  name: string;
}

/** One state of the watched object. */
export interface Observed {
  generation: number;
  status?: FogRolloutStatus;
}

const STYLES: Record<string, Style> = { Ready: 'green', Succeeded: 'green', Failed: 'red', Progressing: 'yellow' };

/** Resolves with the phase its newest generation ended in. @throws StackError when the watch ends before that. */
export async function follow(what: Followed, output: Output, signal: AbortSignal): Promise<'Succeeded' | 'Failed'> {
  const columns = 'jsonpath={.metadata.generation} {.status}{"\\n"}';
  const target = ['-n', what.namespace, 'get', `fogrollouts.paguos.io/${what.name}`];
  const args = ['--kubeconfig', what.kubeconfig, ...target, '--watch', '-o', columns];
  const watch = spawn(what.kubectl, args, { stdio: ['ignore', 'pipe', 'pipe'], signal, killSignal: 'SIGKILL' });
  watch.on('error', () => {}); // an abort, or a kubectl that does not start: the output ends, which is said below
  let said = '';
  watch.stderr.on('data', (chunk) => {
    said = String(chunk).trim();
  });
  try {
    for await (const line of createInterface({ input: watch.stdout })) {
      const observed = observedIn(line);
      if (!observed) continue;
      output.redraw(stageLines(observed));
      const end = endOf(observed);
      if (end) return end;
    }
  } finally {
    watch.kill('SIGKILL');
  }
  // Ctrl-C reaches kubectl too, perhaps before us.
  await new Promise((resolve) => setImmediate(resolve));
  signal.throwIfAborted();
  throw new StackError(`The watch of ${what.namespace}/${what.name} ended: ${said || 'no reason given'}`);
}

/** Reads `<generation> <status as JSON>`. */
export function observedIn(line: string): Observed | undefined {
  const [, generation, status] = /^(\d+) ?(.*)$/.exec(line) ?? [];
  if (!generation) return undefined;
  return { generation: Number(generation), ...(status && { status: JSON.parse(status) as FogRolloutStatus }) };
}

/** The final phase, once it is that of the newest generation. */
export function endOf({ generation, status }: Observed): 'Succeeded' | 'Failed' | undefined {
  if (status?.observedGeneration !== generation) return undefined;
  return status.phase === 'Succeeded' || status.phase === 'Failed' ? status.phase : undefined;
}

/** One line per layer of the rollout, in the order of promotion, and one for the whole. */
export function stageLines({ status }: Observed): string[] {
  const layers = LAYERS.flatMap((name) => status?.layers?.find((layer) => layer.name === name) ?? []);
  const whole = `  ${'rollout'.padEnd(8)}${coloured(status?.phase ?? 'Pending')}${status?.version ? ` ${status.version}` : ''}`;
  const failures = failureLines(status?.failures ?? [], layers).map((line) => `  ${plain(line)}`);
  return [...layers.map(layerLine), whole, ...failures];
}

function layerLine({ name, phase, version, sites, message }: LayerStatus): string {
  const ready = `${sites.ready}/${sites.total} ready${othersText(sites)}`;
  const told = [version, ready, message].filter(Boolean).join('  ');
  return `  ${name.padEnd(8)}${coloured(phase)} ${plain(told)}`;
}

/** Cluster objects may carry any text: it must not steer the terminal. */
const plain = (text: string): string => text.replace(/\p{Cc}+/gu, ' ');

const coloured = (phase: string): string => paint(STYLES[phase] ?? 'dim', phase.padEnd(12));
