import type { SitePosition } from '../model/fleet/sites-view.ts';
import { isLayer } from '../model/layers.ts';

/** Of what a token holds: an older API's tokens are refused rather than misread. */
const FORMAT = '1';

/** A position as clients hand it back: not to be read, and safe in a URL. */
export function tokenOf({ layer, shard, place }: SitePosition): string {
  return Buffer.from([FORMAT, layer, shard, place].join('.')).toString('base64url');
}

/** Inverse of {@link tokenOf}; undefined for any other text. */
export function positionOf(token: string): SitePosition | undefined {
  const [, layer, shard, place] = Buffer.from(token, 'base64url').toString().split('.');
  if (!isLayer(layer)) return undefined;
  const position = { layer, shard: Number(shard), place: Number(place) };
  const isWhole = [position.shard, position.place].every((number) => Number.isSafeInteger(number) && number >= 0);
  return isWhole && tokenOf(position) === token ? position : undefined;
}
