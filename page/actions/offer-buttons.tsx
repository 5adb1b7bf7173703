import { settings } from '../live/settings.ts';
import { asking } from './asking.ts';
import type { Asking } from './effects.ts';
import type { Offer } from './offers.ts';
import { DANGEROUS, LABELS } from './words.ts';

/** Opens the dialog about it. Nothing where nobody can act by the API. */
export function OfferButton({ offer }: { offer: Offer }) {
  if (!settings.value.actions) return null;
  const { action, gate, isMain } = offer;
  const tone = isMain ? 'is-main' : DANGEROUS.has(action) ? 'is-danger' : undefined;
  return (
    <button
      type="button"
      class={tone}
      aria-haspopup="dialog"
      onClick={() => {
        asking.value = { action, ...(gate && { gate }) };
      }}
    >
      {LABELS[action]}
    </button>
  );
}

/** Opens the dialog about passing over a site, or what is left of a wave; which have their turn, the API knows. */
export function SkipButton({ what, label }: { what: Pick<Asking, 'layer' | 'wave' | 'site'>; label: string }) {
  if (!settings.value.actions) return null;
  const ask = () => {
    asking.value = { action: 'Skip', ...what };
  };
  return (
    <button type="button" class="link" aria-haspopup="dialog" onClick={ask}>
      {label}
    </button>
  );
}

/** All that may be asked of the rollout as a whole. */
export function OfferButtons({ offers }: { offers: readonly Offer[] }) {
  if (offers.length === 0 || !settings.value.actions) return null;
  return (
    <fieldset class="buttons">
      <legend class="unseen">Actions</legend>
      {offers.map((offer) => (
        <OfferButton key={offer.action} offer={offer} />
      ))}
    </fieldset>
  );
}
