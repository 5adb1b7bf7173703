/** One rollout: what it is at, what it waits for, its layers and sites, how its runs went, its windows. */
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Layer } from '../../model/layers.ts';
import type { FogRollout } from '../../model/types.ts';
import type { RolloutView as RolloutStatus } from '../../model/view.ts';
import type { WindowCalendar } from '../../model/windows/calendar.ts';
import { ActionDialog } from '../actions/action-dialog.tsx';
import { said } from '../actions/asking.ts';
import { OfferButtons } from '../actions/offer-buttons.tsx';
import { offersFor } from '../actions/offers.ts';
import { queryOf } from '../api/client.ts';
import { useAnswer } from '../api/use-answer.ts';
import { useSites } from '../grid/feed.ts';
import { SiteGrid } from '../grid/site-grid.tsx';
import { now } from '../live/now.ts';
import { useStatus } from '../live/status.ts';
import { Calendar, calendarPath } from '../rollout/calendar.tsx';
import { RolloutHead } from '../rollout/head.tsx';
import { History } from '../rollout/history.tsx';
import { Layers } from '../rollout/layers.tsx';
import type { Run } from '../rollout/run-times.ts';
import { type PlacedSite, placedIn } from '../rollout/site-tree.ts';
import { SiteTree } from '../rollout/tree.tsx';
import { waitingsOf } from '../rollout/waiting.ts';
import { Waits } from '../rollout/waits.tsx';
import { dateIn, ownZone } from '../rollout/week.ts';
import { WorstSites } from '../rollout/worst.tsx';

export interface RolloutViewProps {
  namespace: string;
  name: string;
}

export function RolloutView({ namespace, name }: RolloutViewProps) {
  const { view: newest, error } = useStatus(namespace, name);
  // While it is asked for as somebody else, what was seen before stays, and with it a dialog that is open.
  const before = useRef(newest);
  if (newest || error) before.current = newest;
  const view = newest ?? before.current;
  // What was said is about what was shown then.
  useEffect(() => forgetSaid, []);
  const base = `rollouts/${encodeURIComponent(name)}`;
  // What is asked for anew when the rollout has come to something else.
  const standing = view && standingOf(view);
  const { value: rollout } = useAnswer<FogRollout>(view && `${base}${queryOf({ namespace })}`, standing);
  const history = useAnswer<{ runs: Run[] }>(view && `${base}/history${queryOf({ namespace, limit: 20 })}`, standing);
  const feed = useSites(namespace, name);
  const sites = useMemo(() => (feed.sites ? placedIn(feed.sites) : []), [feed.sites]);
  const week = dateIn(ownZone(), now.value);
  const { value: calendar } = useAnswer<WindowCalendar>(view && calendarPath({ namespace, name }, week), standing);
  if (!view) {
    return (
      <>
        <h1>{name}</h1>
        <p class="notice" role={error ? 'alert' : undefined}>
          {error?.message ?? 'Loading…'}
        </p>
      </>
    );
  }
  const offers = offersFor(view, rollout);
  const waitings = waitingsOf(view, calendar);
  return (
    <>
      <RolloutHead view={view} isTold={waitings.length > 0}>
        <OfferButtons offers={offers.filter(({ gate }) => !gate)} />
      </RolloutHead>
      {error && (
        <p class="notice" role="alert">
          {error.message}
        </p>
      )}
      <p class="said" role="status">
        {said.value}
      </p>
      <Waits waitings={waitings} offers={offers} />
      <Layers view={view} sites={sites} />
      <WorstSites rollout={view} sites={sites} />
      <SiteTree rollout={view} sites={sites} />
      <SiteGrid namespace={namespace} name={name} feed={feed} />
      <History answer={history} />
      <Calendar rollout={view} again={standing} />
      <ActionDialog view={view} rollout={rollout} runs={history.value?.runs ?? []} inFlight={inFlightIn(sites)} />
    </>
  );
}

/** Another one when the rollout has come to something else: a layer, a gate, a decision. */
function standingOf({ generation, phase, run, hold, stages, gates }: RolloutStatus): string {
  const at = stages.map((stage) => `${stage.layer} ${stage.phase}`);
  const gated = gates.map(({ state, since, decisions = [] }) => `${state} ${since} ${decisions.length}`);
  return [generation, phase, run?.runId, hold?.at, ...at, ...gated].join();
}

function forgetSaid(): void {
  said.value = undefined;
}

function inFlightIn(sites: readonly PlacedSite[]): Partial<Record<Layer, number>> {
  const counts: Partial<Record<Layer, number>> = {};
  for (const { layer, phase } of sites) if (phase === 'InFlight') counts[layer] = (counts[layer] ?? 0) + 1;
  return counts;
}
