import type { Clock } from '../../kube/clock.ts';
import type { Log } from '../../kube/log.ts';
import { type SitesToLookAt, sitesToLookAt } from '../../model/fleet/open-sites.ts';
import type { FogRollout } from '../../model/types.ts';
import type { Signaller } from '../signaller.ts';
import type { SiteWindowWatch } from '../windows/site-windows.ts';
import type { Ledgers } from './ledgers.ts';

export interface OpenSitesDeps {
  ledgers: Pick<Ledgers, 'shardsOf' | 'siteOf'>;
  /** Left out, nothing is told of windows. */
  windows?: Pick<SiteWindowWatch, 'closing'> | undefined;
  signaller: Pick<Signaller, 'sites'>;
  clock: Clock;
  log: Log;
}

/**
 * How long, in ms, a run is not told again of a site of which nothing else was recorded since. Once soon: the caches that the
 * run had the site looked up in may have been behind ours.
 */
const SOON_MS = 10_000;
const AGAIN_MS = 5 * 60_000;
const NEVER = Number.POSITIVE_INFINITY;
/** Most names in one signal. */
const NAMED = 200;

interface Told {
  run: string;
  /** When it is to be compared again. */
  dueAt: number;
  /** When next, by layer, site and what makes that worth a look. */
  next: Map<string, number>;
}

/**
 * Tells runs that go on of sites that they wait for and that are gone, somewhere else or held by now; a removal also of those
 * that kept it waiting, when they are released, or back.
 */
export class OpenSites {
  private readonly deps: OpenSitesDeps;
  private readonly told = new Map<string, Told>();

  constructor(deps: OpenSitesDeps) {
    this.deps = deps;
  }

  /** FogSites have changed: the rollout's run is to be compared with them. */
  doubt(key: string): void {
    const told = this.told.get(key);
    if (told) told.dueAt = 0;
  }

  /** ms until the rollout's present run should be compared with the FogSites; 0 when now, undefined when it need not be. */
  dueIn(key: string, rollout: FogRollout): number | undefined {
    const told = this.told.get(key);
    if (told?.run !== runOf(rollout)) return 0;
    return told.dueAt === NEVER ? undefined : Math.max(0, told.dueAt - this.deps.clock.now());
  }

  /** Compares the records of a rollout whose run is open with the FogSites. */
  async look(key: string, rollout: FogRollout): Promise<void> {
    const { ledgers, signaller, windows, clock, log } = this.deps;
    const { namespace, name, uid } = rollout.metadata;
    const run = runOf(rollout);
    const known = this.told.get(key);
    const told = known?.run === run ? known : { run, dueAt: 0, next: new Map() };
    this.told.set(key, told);
    const own = ledgers.shardsOf({ namespace, name }).filter(({ spec }) => spec.uid === uid);
    const isRemoved = rollout.metadata.deletionTimestamp !== undefined;
    const closing = windows?.closing(rollout);
    const found = sitesToLookAt(own, (site) => ledgers.siteOf(site), { isRemoved, ...(closing && { closing }) });
    const now = clock.now();
    const keysOf = ({ layer, sites, marks }: SitesToLookAt) => sites.map((site, at) => `${layer}/${site}/${marks[at]}`);
    const present = new Set(found.flatMap(keysOf));
    for (const site of told.next.keys()) if (!present.has(site)) told.next.delete(site); // so that it may be told again
    for (const one of found) {
      const { layer, sites } = one;
      const keys = new Map(keysOf(one).map((key, at) => [sites[at]!, key]));
      const news = sites.filter((site) => (told.next.get(keys.get(site)!) ?? now) <= now);
      for (let from = 0; from < news.length; from += NAMED) {
        const named = news.slice(from, from + NAMED);
        log.info({ rollout: key, layer, sites: named.length }, 'Sites that a run waits for have changed; telling it');
        await signaller.sites({ namespace, name }, { layer, sites: named });
        for (const key of named.map((site) => keys.get(site)!)) {
          told.next.set(key, now + (told.next.has(key) ? AGAIN_MS : SOON_MS));
        }
      }
    }
    told.dueAt = [...told.next.values()].reduce((first, at) => Math.min(first, at), NEVER);
  }

  forget(key: string): void {
    this.told.delete(key);
  }
}

function runOf({ metadata, status }: FogRollout): string {
  return status?.run?.runId ?? `${metadata.uid}/${metadata.generation}`;
}
