/** What next-version.ts changes is behind this patch. */
export const NEXT_PATCH = 'a-moment-before-each-run';
