/** What the methods of the client take and give. */

export interface ListOptions {
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  /** Most items in one page. */
  limit?: number | undefined;
  /** The token of the page before. */
  continue?: string | undefined;
  resourceVersion?: string | undefined;
  resourceVersionMatch?: 'Exact' | 'NotOlderThan' | undefined;
}

export interface Page<T> {
  items: T[];
  /** What a watch starts from to miss nothing. */
  resourceVersion: string;
  /** Token of the next page; absent on the last. */
  continue?: string;
  /** How many items are left, when the server says so. */
  remaining?: number;
}

export interface WatchOptions {
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  resourceVersion: string;
  allowWatchBookmarks?: boolean;
  /** When the server ends the watch, in seconds. */
  timeoutSeconds?: number;
  /** The longest silence that is believed, in milliseconds; none by default. */
  idleTimeoutMs?: number;
  /** Called when the server has accepted the watch. */
  onOpen?: () => void;
}

export interface ApplyOptions {
  /** Take fields over from other managers. */
  force?: boolean;
  dryRun?: boolean;
}

export type PatchType = 'json' | 'merge' | 'strategic';

export interface Patch {
  type: PatchType;
  body: unknown;
  subresource?: string;
}

export interface DeleteOptions {
  /** The delete happens only to exactly this object, else 409 Conflict. */
  preconditions?: { uid?: string; resourceVersion?: string };
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
}
