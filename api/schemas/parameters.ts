import { Type } from 'typebox';
import { SITE_PHASES } from '../../model/fleet/site-view.ts';
import { LAYERS } from '../../model/layers.ts';

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
export const DNS_LABEL = new RegExp(`^${LABEL}$`);
export const DNS_SUBDOMAIN = new RegExp(`^${LABEL}(\\.${LABEL})*$`);

/** What each parameter must be, in words: the message when it is not so. Of a number its own schema says it. */
export const REQUIREMENTS: Record<string, string> = {
  namespace: 'must be a namespace name: lower-case letters, digits and "-", at most 63 characters',
  name: 'must be a FogRollout name: lower-case letters, digits, "-" and ".", at most 253 characters',
  show: 'must be one of view, summary',
  continue: 'must be the "continue" of an earlier page',
  labelSelector: 'must be a label selector, for example team=shop,tier in (gold,silver)',
  phase: `must be one or more of ${SITE_PHASES.join(', ')}`,
  layer: `must be one of ${LAYERS.join(', ')}`,
  site: 'must be the beginning of a FogSite name: lower-case letters, digits and "-", at most 63 characters',
  wave: 'must be the name of a wave, at most 100 characters',
  week: 'must be a day such as 2026-11-23, at most 400 days from today',
  parent: 'must be a FogSite name: lower-case letters, digits and "-", at most 63 characters',
  'idempotency-key': 'must be 1 to 128 printable ASCII characters without spaces',
};

export const NamespaceQuery = Type.Object({
  namespace: Type.String({
    default: 'default',
    maxLength: 63,
    pattern: `^${LABEL}$`,
    description: 'Namespace of the FogRollout, a DNS label',
  }),
});

/** All namespaces where it is left out. */
export const AnyNamespaceQuery = Type.Object({
  namespace: Type.Optional(
    Type.String({ maxLength: 63, pattern: `^${LABEL}$`, description: 'Namespace of the FogRollouts; all if left out' }),
  ),
});

/** How much events tell of each. */
export const EventsQuery = Type.Object({
  ...AnyNamespaceQuery.properties,
  show: Type.Enum(['view', 'summary'], {
    default: 'view',
    description: 'What `status` has: what `/rollouts/{name}/status` answers, or an item of `/api/v1/rollouts`',
  }),
});

export const LastEventHeaders = Type.Object({
  'last-event-id': Type.Optional(
    Type.String({ description: 'The id of the last event that was seen; one that is not known here counts as none' }),
  ),
});

export const NameParams = Type.Object({
  name: Type.String({
    maxLength: 253,
    pattern: DNS_SUBDOMAIN.source,
    description: 'Name of the FogRollout, a DNS subdomain',
  }),
});

/** Only what is in one of some phases. @param what - is listed, in the plural */
export function phaseParameter(phases: readonly string[], what: string) {
  const word = `(${phases.join('|')})`;
  return Type.Optional(
    Type.Array(Type.String({ pattern: `^${word}(,${word})*$` }), {
      maxItems: phases.length,
      description: `Only ${what} in one of these phases: ${phases.join(', ')}; several with commas or repeated`,
    }),
  );
}

export const RevisionParams = Type.Object({
  ...NameParams.properties,
  generation: Type.Integer({
    minimum: 1,
    maximum: 999_999_999_999_999,
    description: 'metadata.generation of the FogRollout',
  }),
});

export const HistoryQuery = Type.Object({
  ...NamespaceQuery.properties,
  limit: Type.Integer({ default: 20, minimum: 1, maximum: 500, description: 'Most runs in one answer' }),
  continue: Type.Optional(
    Type.String({
      maxLength: 4096,
      pattern: '^[A-Za-z0-9_-]+$',
      description: 'The "continue" of the page before; left out for the newest runs',
    }),
  ),
});
