import type { KubeClient } from './client.ts';
import type { CallOptions } from './connection.ts';
import type { ResourceType } from './resources.ts';

/** Who makes a request, as authentication/v1 has it. */
export interface UserInfo {
  username: string;
  uid?: string;
  groups?: string[];
  extra?: Record<string, string[]>;
}

/** What somebody wants to do. */
export interface Attempt {
  verb: string;
  type: ResourceType;
  namespace: string;
}

const TOKEN_REVIEWS = 'authentication.k8s.io/v1';
const ACCESS_REVIEWS = 'authorization.k8s.io/v1';

/**
 * Whose token it is, by the API server's word.
 *
 * @param audience - whom the token has to be meant for; left out, the API server itself
 * @returns undefined for a token that is nobody's, has expired, or is meant for others
 * @throws as {@link KubeClient} does; the token is in none of these errors
 */
export async function userOf(
  { connection }: KubeClient,
  token: string,
  { audience, ...options }: CallOptions & { audience?: string | undefined } = {},
): Promise<UserInfo | undefined> {
  const { status } = await connection.request<TokenReview>(
    {
      verb: 'create',
      type: 'tokenreviews.authentication.k8s.io',
      method: 'POST',
      path: `/apis/${TOKEN_REVIEWS}/tokenreviews`,
      body: {
        apiVersion: TOKEN_REVIEWS,
        kind: 'TokenReview',
        spec: { token, ...(audience !== undefined && { audiences: [audience] }) },
      },
    },
    options,
  );
  if (status?.authenticated !== true || !status.user?.username) return undefined;
  // An authenticator that does not know audiences says of none that the token is meant for it.
  if (audience !== undefined && !status.audiences?.includes(audience)) return undefined;
  return status.user;
}

/** Whether that user may do that. @throws as {@link KubeClient} does */
export async function isAllowed(
  { connection }: KubeClient,
  { username, uid, groups, extra }: UserInfo,
  { verb, type, namespace }: Attempt,
  options?: CallOptions,
): Promise<boolean> {
  const { group, version, plural } = type;
  const { status } = await connection.request<AccessReview>(
    {
      verb: 'create',
      type: 'subjectaccessreviews.authorization.k8s.io',
      method: 'POST',
      path: `/apis/${ACCESS_REVIEWS}/subjectaccessreviews`,
      body: {
        apiVersion: ACCESS_REVIEWS,
        kind: 'SubjectAccessReview',
        spec: {
          user: username,
          uid,
          groups,
          extra,
          resourceAttributes: { verb, group, version, resource: plural, namespace },
        },
      },
    },
    options,
  );
  return status?.allowed === true && status.denied !== true;
}

interface TokenReview {
  status?: { authenticated?: boolean; user?: UserInfo; audiences?: string[] };
}

interface AccessReview {
  status?: { allowed?: boolean; denied?: boolean };
}
