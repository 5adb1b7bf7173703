/** Which windows a FogSite has, and how they are together. Pure; not for workflow code, which is told what comes of it. */
import { selects } from '../fleet/selector.ts';
import type { SiteWindow } from '../fleet/site-windows.ts';
import { boundText } from '../text.ts';
import type { FogSite, FogWindow } from '../types.ts';
import type { Outlook } from './evaluate.ts';
import type { Outlooks } from './outlooks.ts';
import { isFor, windowsAbout } from './selection.ts';
import { stateAt } from './timetable.ts';
import { windowText } from './told.ts';

/** However many windows a site has, in bytes. */
const MAX_TEXT = 512;

/** What is done at a site, and for whom. */
export interface WindowedRollout {
  namespace: string;
  name: string;
  labels?: Record<string, string>;
}

export interface WindowSource {
  /** The FogWindows of a namespace. */
  inNamespace(namespace: string): FogWindow[];
  /** Where FogWindows can be for all namespaces, and FogSites name them. */
  home: string;
  outlooks: Outlooks;
  /** ms since the epoch. */
  now(): number;
}

type Windowed = Pick<FogSite, 'metadata' | 'spec'>;

/** What windows the sites have, for one rollout. */
export interface RolloutWindows {
  has(site: Windowed): boolean;
  /** How they are together; undefined where it has none. */
  at(site: Windowed): SiteWindow | undefined;
}

/** A site has a window of its own, and those FogWindows whose `sites` take it, for the rollouts that these are for. */
export class WindowsAtSites {
  private readonly source: WindowSource;

  constructor(source: WindowSource) {
    this.source = source;
  }

  for(rollout: WindowedRollout): RolloutWindows {
    const windows = this.near(rollout.namespace).filter(({ spec }) => spec.sites && isFor(spec, rollout));
    const taking = ({ metadata }: Windowed) =>
      windows.filter(({ spec }) => selects(spec.sites!.selector, metadata.labels));
    return {
      has: (site) => site.spec.window !== undefined || taking(site).length > 0,
      at: (site) =>
        together([...this.own(site), ...taking(site).map((window) => this.named(window, rollout.namespace))]),
    };
  }

  /** What cannot be read of its own window, for people; undefined where all can. */
  faultOf(site: Windowed): string | undefined {
    const { window } = site.spec;
    if (!window) return undefined;
    const { ref, ...rules } = window;
    if (ref === undefined) return this.source.outlooks.ofInline(rules).outlook.fault;
    const named = this.find(ref);
    if (!named) return missing(this.source.home, ref);
    const { fault } = this.source.outlooks.of(named).outlook;
    return fault === undefined ? undefined : `FogWindow ${this.source.home}/${ref}: ${fault}`;
  }

  /** Whether labels of FogRollouts say which windows are for them. */
  asksForLabels(namespace: string): boolean {
    return this.near(namespace).some(({ spec }) => spec.sites && spec.rollouts?.selector);
  }

  private own({ spec }: Windowed): SiteWindow[] {
    if (!spec.window) return [];
    const { ref, ...rules } = spec.window;
    if (ref === undefined) {
      const { outlook } = this.source.outlooks.ofInline(rules);
      return [this.stateOf(outlook, { name: 'its own', inline: true }, 'its own window ')];
    }
    const named = this.find(ref);
    return named ? [this.named(named, '')] : [{ open: false, text: missing(this.source.home, ref) }];
  }

  private find(ref: string): FogWindow | undefined {
    return this.source.inNamespace(this.source.home).find(({ metadata }) => metadata.name === ref);
  }

  private named(window: FogWindow, namespace: string): SiteWindow {
    const { metadata, spec } = window;
    const { outlook } = this.source.outlooks.of(window);
    return this.stateOf(outlook, {
      name: metadata.name,
      ...(metadata.namespace !== namespace && { namespace: metadata.namespace }),
      ...(spec.reason !== undefined && { reason: spec.reason }),
    });
  }

  private stateOf(
    { timetable, fault }: Outlook,
    named: { name: string; namespace?: string; inline?: true; reason?: string },
    prefix = '',
  ): SiteWindow {
    const now = new Date(this.source.now()).toISOString();
    const { open, until } = stateAt(timetable, now);
    const end = until ?? (open ? timetable.knownUntil : undefined);
    const told = {
      ...named,
      overrun: 'Finish' as const,
      holds: false,
      ...(fault !== undefined && { fault }),
      timetable,
    };
    return {
      open,
      ...(end !== undefined && { until: end }),
      ...(!open && { text: `${prefix}${windowText(told, now)}` }),
    };
  }

  /** Those that can be for rollouts of a namespace, in their order. */
  private near(namespace: string): FogWindow[] {
    return windowsAbout(namespace, this.source).sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  }
}

/** All of them have to be open. */
function together(all: SiteWindow[]): SiteWindow | undefined {
  if (all.length === 0) return undefined;
  const shut = all.filter(({ open }) => !open);
  if (shut.length === 0) return { open: true, ...earliest(all) };
  const text = boundText(shut.map((one) => one.text).join('; '), MAX_TEXT);
  // While of one nobody knows when it opens, whoever waits is told of it.
  return shut.every(({ until }) => until !== undefined)
    ? { open: false, text, until: latest(shut) }
    : { open: false, text };
}

function missing(home: string, ref: string): string {
  return `FogWindow ${home}/${ref} is closed, as it does not exist`;
}

function nameOf({ metadata }: FogWindow): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function earliest(all: SiteWindow[]): Pick<SiteWindow, 'until'> {
  const [first] = timesIn(all);
  return first === undefined ? {} : { until: first };
}

function latest(all: SiteWindow[]): string {
  return timesIn(all).at(-1)!;
}

function timesIn(all: SiteWindow[]): string[] {
  return all.flatMap(({ until }) => until ?? []).sort((a, b) => Date.parse(a) - Date.parse(b));
}
