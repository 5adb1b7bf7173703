import type { WorkflowClient } from '@temporalio/client';
import { LAYERS } from '../model/layers.ts';
import { HUB_QUEUE, SEARCH_ATTRIBUTES, WORKFLOW_TYPE, workflowId } from '../model/names.ts';
import { firstLayer } from '../model/run/steps.ts';
import {
  type ChangeSignal,
  type HealthSignal,
  type RemoveSignal,
  type RepairSignal,
  type RolloutInput,
  SIGNALS,
  type SitesSignal,
  type WindowsSignal,
} from '../model/signals.ts';
import { madeFor } from '../model/signed.ts';
import type { RolloutKey } from '../model/types.ts';
import { isMissingRun, isMissingSearchAttribute } from './temporal-errors.ts';

/** Hands work to the run of a FogRollout, starting it when none is open. */
export interface Signaller {
  change(signal: ChangeSignal): Promise<void>;
  remove(signal: RemoveSignal): Promise<void>;
  repair(signal: RepairSignal): Promise<void>;
  /** Told to a run that is open, and to nobody where none is. */
  sites(key: RolloutKey, signal: SitesSignal): Promise<void>;
  /** The same. */
  health(key: RolloutKey, signal: HealthSignal): Promise<void>;
  /** The same. */
  windows(key: RolloutKey, signal: WindowsSignal): Promise<void>;
}

/** How long Temporal has to answer one signal, in ms; the queue tries again after it. */
const DEADLINE_MS = 10_000;

/**
 * @param prepare - makes Temporal's namespace fit for our runs again, when it says that it is not: its database may have been
 *   made anew under our feet
 * @throws whatever Temporal answers; the signal may have arrived all the same, and may be sent again
 */
export function createSignaller(workflows: WorkflowClient, prepare: () => Promise<void> = async () => {}): Signaller {
  let preparing: Promise<void> | undefined;
  const prepareOnce = () => {
    preparing ??= prepare().finally(() => {
      preparing = undefined;
    });
    return preparing;
  };
  const send = async (key: RolloutKey, start: Start, name: string, signal: unknown): Promise<void> => {
    try {
      await sendOnce(key, start, name, signal);
    } catch (error) {
      if (!isMissingSearchAttribute(error)) throw error;
      await prepareOnce();
      await sendOnce(key, start, name, signal);
    }
  };
  const sendOnce = async (key: RolloutKey, start: Start, name: string, signal: unknown): Promise<void> => {
    const input: RolloutInput = { namespace: key.namespace, name: key.name };
    await workflows.connection.withDeadline(Date.now() + DEADLINE_MS, () =>
      workflows.signalWithStart(WORKFLOW_TYPE, {
        workflowId: workflowId(key.namespace, key.name),
        taskQueue: HUB_QUEUE,
        args: madeFor(WORKFLOW_TYPE, [input]),
        signal: name,
        signalArgs: madeFor(name, [signal]),
        staticSummary: start.summary,
        typedSearchAttributes: [
          keyword(SEARCH_ATTRIBUTES.namespace, key.namespace),
          keyword(SEARCH_ATTRIBUTES.rollout, key.name),
          keyword(SEARCH_ATTRIBUTES.phase, start.phase),
          ...(start.version ? [keyword(SEARCH_ATTRIBUTES.version, start.version)] : []),
          ...(start.stage ? [keyword(SEARCH_ATTRIBUTES.stage, start.stage)] : []),
        ],
      }),
    );
  };
  /** Told to a run that is open, and to nobody where none is. */
  const tell = async <S>({ namespace, name }: RolloutKey, signal: string, value: S): Promise<void> => {
    const run = workflows.getHandle(workflowId(namespace, name));
    const send = () => run.signal<[S]>(signal, ...madeFor<[S]>(signal, [value]));
    await workflows.connection.withDeadline(Date.now() + DEADLINE_MS, send).catch((error: unknown) => {
      if (!isMissingRun(error)) throw error;
    });
  };
  return {
    change(signal) {
      const { owner, revision } = signal;
      const layers = LAYERS.filter((layer) => revision.layers[layer]);
      const summary = `${owner.name} ${signal.rollback ? 'back to ' : ''}${revision.version} to ${layers.join(', ')}`;
      const phase = signal.rollback ? 'RollingBack' : 'Progressing';
      const start = { summary, phase, version: revision.version, stage: firstLayer(signal) };
      return send(owner, start, SIGNALS.change, signal);
    },
    remove(signal) {
      const start = { summary: `remove ${signal.owner.name}`, phase: 'Removing', stage: 'edge' };
      return send(signal.owner, start, SIGNALS.remove, signal);
    },
    repair(signal) {
      const layers = signal.layers.map(({ layer }) => layer);
      const start = {
        summary: `put ${signal.owner.name} right at ${layers.join(', ')}`,
        phase: 'Progressing',
        stage: layers[0],
      };
      return send(signal.owner, start, SIGNALS.repair, signal);
    },
    sites: (key, signal) => tell<SitesSignal>(key, SIGNALS.sites, signal),
    health: (key, signal) => tell<HealthSignal>(key, SIGNALS.health, signal),
    windows: (key, signal) => tell<WindowsSignal>(key, SIGNALS.windows, signal),
  };
}

interface Start {
  summary: string;
  phase: string;
  version?: string;
  stage?: string | undefined;
}

function keyword(name: string, value: string) {
  return { key: { name, type: 'KEYWORD' as const }, value };
}
