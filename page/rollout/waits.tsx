import { OfferButton } from '../actions/offer-buttons.tsx';
import type { Offer } from '../actions/offers.ts';
import { Icon } from '../components/icon.tsx';
import { now } from '../live/now.ts';
import { ageText } from '../text.ts';
import type { Waiting } from './waiting.ts';
import { momentText, ownZone } from './week.ts';

/** What it waits for, with what one may do about it. Nothing where it goes on. */
export function Waits({ waitings, offers }: { waitings: Waiting[]; offers: readonly Offer[] }) {
  if (waitings.length === 0) return null;
  return (
    <section class="waits" aria-labelledby="waits-title">
      <h2 id="waits-title">
        <Icon name="hand" /> Waits for
      </h2>
      <ul>
        {waitings.map(({ key, what, where, why, since, until, gate }) => (
          <li key={key} class="wait">
            <p>
              <b>{what}</b> {where && <span>{where} </span>}
              <span class="wait-why">{why}</span>
              <small>
                {since && <span title={since}>for {ageText(since, now.value)}</span>}
                {until && (
                  <span title={until}>
                    opens {momentText(Date.parse(until), ownZone())} ({ownZone()})
                  </span>
                )}
                {gate?.decisions?.length ? (
                  <span>approved by {gate.decisions.map(({ by }) => by).join(', ')}</span>
                ) : null}
              </small>
            </p>
            <span class="buttons">
              {offers
                .filter((offer) => isAbout(offer, key, gate))
                .map((offer) => (
                  <OfferButton key={offer.action} offer={offer} />
                ))}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function isAbout({ action, gate: of }: Offer, key: string, gate: Waiting['gate']): boolean {
  if (of) return of === gate;
  return action === 'Resume' && (key === 'hold' || gate?.state === 'Failed');
}
