import type { Coordinator } from '../model/fleet/coordinator.ts';
import type { ShardReport } from '../model/fleet/report.ts';
import type { PlannedStage, ShardProgress } from '../model/shards.ts';
import type { StageState } from '../model/signals.ts';
import { MAX_FAILURES } from '../model/status-size.ts';
import type { SiteFailure } from '../model/types.ts';

/** How a stage stands. */
export interface Seen {
  counts: ShardReport;
  /** How many sites were given what the stage gives, ready or not. */
  applied: number;
  /** Newest first. */
  failures: SiteFailure[];
  /** e.g. `wave 2 of 3 (10%)`; absent where there is one. */
  wave?: string;
  /** Who holds the release of a site that is under way. */
  held?: string;
  /** How many sites wait for their windows, and why one of them does. */
  shut?: { sites: number; text: string };
}

type ViewState = Pick<StageState, 'applied' | 'phases' | 'failures' | 'held' | 'shut'>;

/** What a stage has heard of its shards, as it shows in the object's status. */
export class StageView {
  /** Where the sites of each shard were last, a letter each, by its index; kept where somebody waits for them. */
  readonly phases: Map<number, string>;
  /** The strategy has other waves by now than those the stage is gone through by to its end. */
  keepsWaves = false;
  private readonly plan: PlannedStage;
  private readonly failures = new Map<string, SiteFailure>();
  private readonly applied: Map<number, number>;
  private readonly held: Map<number, string>;
  private readonly shut: Map<number, NonNullable<ShardProgress['shut']>>;
  /** What was shown last: a status is made of each. */
  private shown = '';

  constructor(plan: PlannedStage, state?: ViewState) {
    this.plan = plan;
    this.applied = byIndex(state?.applied);
    this.held = byIndex(state?.held);
    this.shut = byIndex(state?.shut);
    this.phases = byIndex(state?.phases);
    this.remember(state?.failures ?? plan.failures ?? []);
  }

  /** @param keepsPhases - somebody waits for single sites */
  take({ index, failures, phases, applied, held, shut, isLast }: ShardProgress, keepsPhases: boolean): void {
    if (shut && !isLast && shut.sites > 0) this.shut.set(index, shut);
    else this.shut.delete(index);
    this.applied.set(index, applied);
    if (held === undefined) this.held.delete(index);
    else this.held.set(index, held);
    this.remember(failures);
    if (phases !== undefined && keepsPhases) this.phases.set(index, phases);
  }

  /** @param failures - newest first */
  remember(failures: SiteFailure[]): void {
    for (const failure of failures.toReversed()) {
      this.failures.delete(failure.site);
      this.failures.set(failure.site, failure);
    }
    for (const site of this.failures.keys()) {
      if (this.failures.size <= MAX_FAILURES) return;
      this.failures.delete(site);
    }
  }

  /** Newest first. */
  get newestFailures(): SiteFailure[] {
    return [...this.failures.values()].reverse();
  }

  /** What there is to show; undefined when that was shown before. */
  news(coordinator: Coordinator): Seen | undefined {
    const wave = this.waveText(coordinator);
    const applied = this.plan.shards.reduce(
      (sum, { index, report }) => sum + (this.applied.get(index) ?? report.ready),
      0,
    );
    const failures = this.newestFailures;
    const [held] = this.held.values();
    const counts = coordinator.totals;
    const shut = this.shutNow;
    const seen = {
      counts,
      applied,
      failures,
      ...(wave && { wave }),
      ...(held !== undefined && { held }),
      ...(shut && { shut }),
    };
    const text = JSON.stringify(seen);
    if (text === this.shown) return undefined;
    this.shown = text;
    return seen;
  }

  get state(): ViewState {
    return {
      applied: Object.fromEntries(this.applied),
      phases: Object.fromEntries(this.phases),
      failures: this.newestFailures,
      ...(this.held.size > 0 && { held: Object.fromEntries(this.held) }),
      ...(this.shut.size > 0 && { shut: Object.fromEntries(this.shut) }),
    };
  }

  private get shutNow(): Seen['shut'] {
    const all = [...this.shut.values()];
    if (all.length === 0) return undefined;
    const sites = all.reduce((sum, one) => sum + one.sites, 0);
    return { sites, text: all.find(({ text }) => text !== undefined)?.text ?? '' };
  }

  /** For people: where it is in its waves, and what becomes of those. */
  private waveText({ wave, lastWave }: Coordinator): string | undefined {
    const { waves } = this.plan;
    const at = wave ?? waves.length - 1;
    const name = waves.length > 1 ? `wave ${at + 1} of ${waves.length} (${waves[at]!.name})` : undefined;
    if (lastWave !== undefined) return `${at > lastWave ? 'what is under way' : name}, then the rest by the new waves`;
    return this.keepsWaves ? `${name ?? 'as planned'}, to the end by the waves it began with` : name;
  }
}

function byIndex<T>(record: Record<string, T> = {}): Map<number, T> {
  return new Map(Object.entries(record).map(([index, value]) => [Number(index), value]));
}
