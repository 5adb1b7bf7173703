/** Somebody who is told of rollouts: of which, of what, and in which words. */
import type { CloudEvent } from '../../model/notifications/cloud-event.ts';
import type { Kind } from '../../model/notifications/kinds.ts';
import type { FogRollout } from '../../model/types.ts';

export interface Sink {
  name: string;
  /** May be a secret itself. */
  url: string;
  /** Besides those of its signature. */
  headers: Record<string, string>;
  /** What it is signed with, each of them. */
  secrets: readonly Buffer[];
  timeoutMs: number;
  /** How long after it happened what the sink does not take is tried, in ms. */
  giveUpMs: number;
  /** Whether it is told of that rollout at all. */
  takes(rollout: Pick<FogRollout, 'metadata'>): boolean;
  /** Whether it is told of what is of that kind. */
  hears(kind: Kind): boolean;
  /** Of what it hears. @throws Error, in a line, when its configuration makes nothing of it */
  wants(event: CloudEvent): boolean;
  /** @throws Error likewise */
  bodyOf(event: CloudEvent): string;
  contentType: string;
}

/** How a CloudEvent as such is sent: the HTTP binding's structured mode. */
export const CLOUD_EVENT = 'application/cloudevents+json; charset=utf-8';
