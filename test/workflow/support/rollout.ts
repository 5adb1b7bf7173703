import { randomUUID } from 'node:crypto';
import { defaultPayloadConverter, type WorkflowHandle } from '@temporalio/client';
import { LAYERS, type Layer } from '../../../model/layers.ts';
import { HUB_QUEUE, WORKFLOW_TYPE, workflowId } from '../../../model/names.ts';
import { STRATEGY_DEFAULTS } from '../../../model/revision.ts';
import type { ActionRequest } from '../../../model/run/steering.ts';
import { shardWorkflowId } from '../../../model/shards.ts';
import type { ChangeSignal, RepairSignal, RolloutInput } from '../../../model/signals.ts';
import type { LayerContent, LayerStrategy, Owner, Promotion, Strategy } from '../../../model/types.ts';
import type { ToldWindow } from '../../../model/windows/told.ts';
import { createActor } from '../../../watcher/actions/actor.ts';
import type { rolloutWorkflow } from '../../../workflows/rollout.ts';
import type { FakeRollout } from './fake-rollout.ts';
import type { TestServer } from './server.ts';

/** How a run of a chain ended, as Temporal names it. */
export type RunEnd = 'Completed' | 'Failed' | 'Canceled' | 'ContinuedAsNew' | 'Terminated' | 'TimedOut' | 'Running';

export interface Run {
  runId: string;
  end: RunEnd;
}

const ENDS: Record<string, RunEnd> = {
  workflowExecutionCompletedEventAttributes: 'Completed',
  workflowExecutionFailedEventAttributes: 'Failed',
  workflowExecutionCanceledEventAttributes: 'Canceled',
  workflowExecutionContinuedAsNewEventAttributes: 'ContinuedAsNew',
  workflowExecutionTerminatedEventAttributes: 'Terminated',
  workflowExecutionTimedOutEventAttributes: 'TimedOut',
};

/** An object of each name; the second is a later object of the same name. */
export function anOwner(name: string, incarnation = 1): Owner {
  return { namespace: 'shop', name, uid: `${name}-${incarnation}`, created: `2026-11-22T10:00:0${incarnation}Z` };
}

export function aContent(version: string): LayerContent {
  return { containers: [{ name: 'nginx', image: `nginx:${version}` }] };
}

export interface ChangeOptions {
  layers?: readonly Layer[];
  incarnation?: number;
  progressDeadlineSeconds?: number;
  /** Layers that have FogSites. */
  fleet?: Layer[];
  /** How the sites of those are gone through; with none of them, of all layers. */
  strategy?: LayerStrategy;
  promotion?: Promotion;
  /** The generation whose content it has; left out, its own: a change of nothing but how sites are gone through has an earlier one's. */
  contentOf?: number;
  /** Images of layers, where they are not all the same. */
  images?: Partial<Record<Layer, string>>;
  isOneOfMany?: boolean;
  /** By its strategy. */
  paused?: boolean;
  /** Only these; the others are as they are when nothing is said. */
  control?: Partial<Strategy>;
  /** What is waited for before and after layers. */
  gates?: Partial<Record<Layer, Pick<LayerStrategy, 'before' | 'after' | 'soakSeconds'>>>;
  windows?: ToldWindow[];
  /** Who last changed spec. */
  author?: string;
}

/** One that is for all rollouts, and closed: for so many ms from now on, or for good. */
export function aWindow(closedMs?: number, more: Partial<ToldWindow> = {}): ToldWindow {
  const until = closedMs === undefined ? {} : { until: new Date(Date.now() + closedMs).toISOString() };
  const timetable = { closed: [{ from: '2026-01-01T00:00:00Z', ...until }] };
  return { name: 'hours', overrun: 'Finish', holds: true, timetable, ...more };
}

export function aChange(name: string, generation: number, options: ChangeOptions = {}): ChangeSignal {
  const {
    layers = LAYERS,
    incarnation,
    progressDeadlineSeconds = 60,
    fleet,
    strategy = {},
    promotion = 'Layer',
    contentOf = generation,
    images = {},
    isOneOfMany,
    paused = false,
    gates = {},
    windows,
    author,
    control = {},
  } = options;
  const strategies = Object.fromEntries(
    LAYERS.flatMap((layer): [Layer, LayerStrategy][] => {
      const isGiven = fleet?.length === 0 || fleet?.includes(layer);
      return isGiven || gates[layer] ? [[layer, { ...(isGiven && strategy), ...gates[layer] }]] : [];
    }),
  );
  const version = `v${contentOf}`;
  const contentAt = (layer: Layer): LayerContent => {
    const image = images[layer];
    return image === undefined ? aContent(version) : { containers: [{ name: 'nginx', image }] };
  };
  return {
    owner: anOwner(name, incarnation),
    ...(author !== undefined && { author }),
    revision: {
      generation,
      version,
      hash: `hash-${contentOf}`,
      layers: Object.fromEntries(layers.map((layer) => [layer, contentAt(layer)])),
      hashes: Object.fromEntries(layers.map((layer) => [layer, `hash-${contentOf}-${layer}`])),
      strategy: { ...STRATEGY_DEFAULTS, paused, progressDeadlineSeconds, promotion, layers: strategies, ...control },
    },
    ...(fleet && { fleet }),
    ...(isOneOfMany && { isOneOfMany }),
    ...(windows && { windows }),
  };
}

/** One FogRollout as the watcher sees it, and its runs as Temporal shows them. */
export class Rollout {
  readonly name: string;
  readonly fake: FakeRollout;
  readonly handle: WorkflowHandle<typeof rolloutWorkflow>;
  private readonly server: TestServer;

  constructor(server: TestServer, name: string) {
    this.server = server;
    this.name = name;
    this.fake = server.fakeOf(name);
    this.handle = server.client.workflow.getHandle<typeof rolloutWorkflow>(workflowId('shop', name));
  }

  async change(generation: number, options?: ChangeOptions): Promise<void> {
    await this.server.signaller.change(aChange(this.name, generation, options));
  }

  /** What a person asks of it, and what it says: the message, `refused: …`, or `no run`. */
  async act(action: ActionRequest['action'], more: Partial<ActionRequest> = {}): Promise<string> {
    const request = { uid: randomUUID(), action, by: 'alice', at: new Date().toISOString(), ...more };
    const said = await createActor(this.server.client.workflow).act({ namespace: 'shop', name: this.name }, request);
    if (said.kind === 'noRun') return 'no run';
    return said.kind === 'accepted' ? said.message : `refused: ${said.message}`;
  }

  /** A layer that soaks is ready, or not. */
  async health(layer: Layer, ready: boolean): Promise<void> {
    const { uid } = anOwner(this.name);
    await this.server.signaller.health(
      { namespace: 'shop', name: this.name },
      { uid, layer, ready, message: 'its pods crash' },
    );
  }

  /** The FogWindows that it has to do with are these by now. */
  async windows(...windows: ToldWindow[]): Promise<void> {
    const { uid } = anOwner(this.name);
    await this.server.signaller.windows({ namespace: 'shop', name: this.name }, { uid, windows });
  }

  /** Something has become of sites. */
  async look(layer: Layer, sites: string[]): Promise<void> {
    await this.server.signaller.sites({ namespace: 'shop', name: this.name }, { layer, sites });
  }

  async remove(incarnation?: number, fleet?: Layer[], { orphan = false } = {}): Promise<void> {
    const owner = anOwner(this.name, incarnation);
    await this.server.signaller.remove({ owner, ...(fleet && { fleet }), ...(orphan && { orphan }) });
  }

  async repair(generation: number, layers: RepairSignal['layers']): Promise<void> {
    await this.server.signaller.repair({ owner: anOwner(this.name), generation, layers });
  }

  /** As a person would in the UI, with the input alone. */
  async startByHand(): Promise<void> {
    const args: [RolloutInput] = [{ namespace: 'shop', name: this.name }];
    const { workflowId } = this.handle;
    await this.server.client.workflow.start(WORKFLOW_TYPE, { workflowId, taskQueue: HUB_QUEUE, args });
  }

  /** The runs since the last that was not a continuation, in their order; waits until the last one has ended. */
  async runs(): Promise<Run[]> {
    await this.handle.result().catch(() => undefined);
    const { events } = await this.handle.fetchHistory();
    const first = events?.[0]?.workflowExecutionStartedEventAttributes?.firstExecutionRunId;
    return (await this.chainOf(this.handle.workflowId, first!)).map(({ runId, end }) => ({ runId, end }));
  }

  /** e.g. `['ContinuedAsNew', 'Completed']`. */
  async ends(): Promise<RunEnd[]> {
    return (await this.runs()).map(({ end }) => end);
  }

  /** The Markdown at the top of the workflow's page. */
  async currentDetails(): Promise<string> {
    const { currentDetails } = await this.handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    return currentDetails;
  }

  /** Resolves when the run, and one that took its place, have dealt with everything that was sent before. */
  async caughtUp(): Promise<void> {
    for (let run = 0; run < 3; run++) await this.currentDetails(); // a query is answered after the signals before it
  }

  async summaryOf(runId: string): Promise<string | undefined> {
    return await (await this.at(runId).describe()).staticSummary();
  }

  /** What it sleeps for, but for a pause before a report, which ends by itself. */
  async sleepsFor(): Promise<string[]> {
    const { events } = await this.handle.fetchHistory();
    const open = new Map<string, string>();
    for (const event of events ?? []) {
      const { timerStartedEventAttributes: started } = event;
      if (started) open.set(started.timerId!, summaryIn(event) ?? '');
      const ended = event.timerFiredEventAttributes ?? event.timerCanceledEventAttributes;
      if (ended) open.delete(ended.timerId!);
    }
    return [...open.values()].filter((summary) => summary !== 'gather what there is to report');
  }

  /** Of every activity that was scheduled; undefined where one has none. */
  async activitySummaries(runId: string): Promise<(string | undefined)[]> {
    const { events } = await this.historyOf(runId);
    return (events ?? []).filter((event) => event.activityTaskScheduledEventAttributes).map(summaryIn);
  }

  /** The runs of the shards that a run started, e.g. `edge-0`, and `edge-0-2` where one went on in a second run. */
  async shardsOf(runId: string) {
    const { events } = await this.historyOf(runId);
    const started = (events ?? []).flatMap(({ childWorkflowExecutionStartedEventAttributes: child }) =>
      child?.workflowExecution ? [child.workflowExecution] : [],
    );
    const chains = await Promise.all(
      started.map(async ({ workflowId, runId: first }) => {
        const [layer, index] = workflowId!.split('/').slice(-2);
        const runs = await this.chainOf(workflowId!, first!);
        return runs.map((run, at) => ({ ...run, name: [layer, index, ...(at > 0 ? [at + 1] : [])].join('-') }));
      }),
    );
    return chains.flat();
  }

  /** The histories of a shard's runs, in their order, since the last that was not a continuation. */
  async shardRuns(layer: Layer, index: number) {
    const { workflowId } = this.shard(layer, index);
    const { events } = await this.shard(layer, index).fetchHistory();
    const first = events?.[0]?.workflowExecutionStartedEventAttributes?.firstExecutionRunId;
    return await this.chainOf(workflowId, first!);
  }

  shard(layer: Layer, index: number): WorkflowHandle {
    const id = shardWorkflowId({ owner: anOwner(this.name), layer, index });
    return this.server.client.workflow.getHandle(id);
  }

  historyOf(runId: string) {
    return this.at(runId).fetchHistory();
  }

  private async chainOf(workflowId: string, first: string) {
    const runs: (Run & { history: Awaited<ReturnType<WorkflowHandle['fetchHistory']>> })[] = [];
    for (let runId: string | null | undefined = first; runId; ) {
      const history = await this.server.client.workflow.getHandle(workflowId, runId).fetchHistory();
      const last = history.events?.at(-1);
      const end = Object.keys(ENDS).find((attributes) => last?.[attributes as keyof typeof last]);
      runs.push({ runId, end: end ? ENDS[end]! : 'Running', history });
      runId = last?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
    }
    return runs;
  }

  private at(runId: string): WorkflowHandle {
    return this.server.client.workflow.getHandle(this.handle.workflowId, runId);
  }
}

type HistoryEvent = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>[number];

/** What the UI shows of an event; undefined where it has nothing to show. */
function summaryIn({ userMetadata }: HistoryEvent): string | undefined {
  return userMetadata?.summary ? defaultPayloadConverter.fromPayload<string>(userMetadata.summary) : undefined;
}
