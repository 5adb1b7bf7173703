/**
 * How Node runs the product; the image and `npm start` say the same.
 *
 * - Its objects are either short-lived or caches: a young generation of 16 MB, Node's own, is memory that nobody uses. With 4 MB
 *   a rollout over 300 sites takes 307 MB at most in place of 373, and as much CPU.
 * - An old generation that may be 2 GB or more is let grow to four times what lives in it before it is cleaned (V8's
 *   MemoryController); a smaller one to twice that. What lives in ours is caches: 100 MB with 10,000 sites.
 * - Temporal's SDK takes a stack trace of every promise that a workflow makes, through source maps, to show where it waits. That
 *   was a quarter of a workflow's CPU; one line of it costs next to nothing. The limit is meant for workflows alone: for all
 *   else the entry point sets Node's own again.
 */
export const NODE_FLAGS: readonly string[] = [
  '--max-semi-space-size=4',
  '--max-old-space-size=2000',
  '--stack-trace-limit=1',
];
