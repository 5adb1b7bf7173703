/**
 * Ids of a run's trace, made from what every process knows of the run: nobody has to hand them on, and what is told twice,
 * as after a crash, is the same span again. Pure, and in the workflow bundle: no crypto of Node's.
 */

/** Of the run that began with that Temporal run: its id, which is 128 bits, as it is. */
export function traceIdOf(runId: string): string {
  const id = runId.replaceAll('-', '').toLowerCase();
  return /^[0-9a-f]{32}$/.test(id) && !/^0+$/.test(id) ? id : hash64(runId) + hash64(`${runId}/`);
}

/** Of the whole run, the root of its trace. */
export function runSpanId(traceId: string): string {
  return spanId(traceId, 'run');
}

/** @param part - what names it within the run */
export function spanId(traceId: string, part: string): string {
  return hash64(`${traceId}/${part}`);
}

const FNV_OFFSET = 0xcbf29ce484222325n;
const FNV_PRIME = 0x100000001b3n;

/** FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/), 16 hexadecimal digits. */
function hash64(text: string): string {
  let hash = FNV_OFFSET;
  for (let at = 0; at < text.length; at++) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(at))) * FNV_PRIME);
  }
  return hash.toString(16).padStart(16, '0');
}
