import { Type } from 'typebox';
import { DATA_AGE_HEADER } from '../data-age.ts';
import { PROBLEM } from './examples.ts';

export const ProblemSchema = Type.Object(
  {
    type: Type.String({ description: 'Always about:blank: the status says what kind of problem it is' }),
    title: Type.String({ description: 'The name of the status' }),
    status: Type.Integer({ description: 'The HTTP status' }),
    detail: Type.String({ description: 'What is wrong, for a person' }),
    instance: Type.Optional(Type.String({ description: 'The path that was asked for' })),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          field: Type.String(),
          in: Type.Enum(['path', 'query', 'header', 'body']),
          message: Type.String(),
        }),
        {
          description: 'With status 400: the parameters, headers or fields of the body that are wrong',
        },
      ),
    ),
    checks: Type.Optional(
      Type.Record(Type.String(), Type.String(), { description: 'With status 503 of /readyz: what is not ready' }),
    ),
  },
  { $id: 'Problem', description: 'A problem document (RFC 9457)', examples: [PROBLEM] },
);

const PROBLEMS = {
  400: 'A parameter, a header or the body is wrong; the detail names what',
  401: 'There is no token, or it is not valid; WWW-Authenticate says which',
  403: 'Whose token it is may not do that',
  404: 'There is no such FogRollout',
  409: 'It makes no sense now; the detail says why',
  413: 'The body is too large',
  415: 'The body is not application/json',
  429: 'Too many ask at once; Retry-After says when to try again',
  431: 'The URL and headers are too long',
  500: 'A defect of ours; the log has more',
  503: 'Not available now; Retry-After says when to try again',
} as const;

/** The problem answers of a route, by status. */
export function problems(...statuses: (keyof typeof PROBLEMS)[]): Record<number, object> {
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: PROBLEMS[status],
        content: { 'application/problem+json': { schema: Type.Ref('Problem#') } },
      },
    ]),
  );
}

/** An answer with a body of one media type. */
export function answer(description: string, schema: object, mediaType = 'application/json'): object {
  return { description, content: { [mediaType]: { schema } } };
}

/** An {@link answer} from the caches, which says how old it may be. */
export function aged(description: string, schema: object, mediaType?: string): object {
  return { ...answer(description, schema, mediaType), headers: DATA_AGE_HEADER };
}

/** The answer to an If-None-Match that still holds. */
export const UNCHANGED = { 304: { description: 'Not changed since the ETag in If-None-Match', type: 'null' } };
