import type { KubeClient } from '../../kube/client.ts';
import type { Clock } from '../../kube/clock.ts';
import type { Informer } from '../../kube/informer.ts';
import type { Log } from '../../kube/log.ts';
import type { KubeObject } from '../../kube/resources.ts';
import type { FogRollout, FogSite } from '../../model/types.ts';
import type { Begins, Decision } from '../decide.ts';
import type { Hindrances } from '../hindrances.ts';
import type { WatcherMeters } from '../meters.ts';
import type { Releases } from '../releases.ts';
import type { RepairPacer } from '../repair-pacer.ts';
import type { Returns } from '../returns.ts';
import type { Runs } from '../runs.ts';
import type { Signaller } from '../signaller.ts';
import type { UnderWay } from '../under-way.ts';
import type { SiteWindowWatch } from '../windows/site-windows.ts';
import type { Ledgers } from './ledgers.ts';

/** What looking after rollouts takes. */
export interface AfterRunDeps {
  client: KubeClient;
  rollouts: Informer<FogRollout & KubeObject>;
  releases: Releases;
  sites: Informer<FogSite & KubeObject>;
  ledgers: Ledgers;
  /** Left out, nobody is told of windows of sites. */
  windows?: SiteWindowWatch | undefined;
  signaller: Signaller;
  runs: Runs;
  log: Log;
  clock: Clock;
  underWay: UnderWay;
  hindrances: Hindrances;
  repairs: RepairPacer;
  returns: Pick<Returns, 'follow'>;
  /** Left out, nobody measures it. */
  meters?: WatcherMeters;
  /** What has to be done about a rollout now. */
  decide(key: string): Decision;
  /** Hands it to Temporal, if it still has to be done. */
  begin(key: string, decision: Begins): Promise<void>;
  /** Sends a signal of a rollout, after those before it. */
  send(key: string, signal: () => Promise<void>): Promise<void>;
  /** Hands the change of a settled rollout to Temporal again, if it is still settled. */
  beginAgain(key: string, rollout: FogRollout): Promise<void>;
  /** Whether a run may be begun again now; if not, the rollout is looked at when it may. */
  placeAgain(key: string): boolean;
}

/** Asks for another look at a rollout, in that many ms or earlier. */
export type Again = (key: string, ms: number) => void;

/** After so many repairs in a row that have not helped, the object says so. */
export const NO_HELP = 3;
