import type { KubeClient } from './client.ts';
import type { CallOptions } from './connection.ts';
import { type ResourceType, typeName } from './resources.ts';

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
  /** Left out: in all, or where there are none. */
  namespace?: string | undefined;
  /** Left out: whichever. */
  name?: string | undefined;
}

/** In words, after "may not". */
export function attemptText({ verb, type, namespace, name }: Attempt): string {
  const what = [verb, typeName(type), name].filter(Boolean).join(' ');
  if (namespace !== undefined) return `${what} in the namespace ${namespace}`;
  return type.namespaced ? `${what} in all namespaces` : what;
}

/**
 * Whose token it is, by the API server's word.
 *
 * @param audience - whom the token has to be meant for; left out, the API server itself
 * @returns undefined for a token that is nobody's, has expired, or is meant for others
 * @throws as {@link KubeClient} does; the token is in none of these errors
 */
export async function userOf(
  client: KubeClient,
  token: string,
  { audience, ...options }: CallOptions & { audience?: string | undefined } = {},
): Promise<UserInfo | undefined> {
  const spec = { token, ...(audience !== undefined && { audiences: [audience] }) };
  const status = await review<TokenReviewStatus>(client, TOKEN_REVIEW, spec, options);
  if (status?.authenticated !== true || !status.user?.username) return undefined;
  // An authenticator that does not know audiences says of none that the token is meant for it.
  if (audience !== undefined && !status.audiences?.includes(audience)) return undefined;
  return status.user;
}

/** Whether that user may do that. @throws as {@link KubeClient} does */
export async function isAllowed(
  client: KubeClient,
  { username, uid, groups, extra }: UserInfo,
  { verb, type, namespace, name }: Attempt,
  options?: CallOptions,
): Promise<boolean> {
  const { group, version, plural } = type;
  const resourceAttributes = { verb, group, version, resource: plural, namespace, name };
  const spec = { user: username, uid, groups, extra, resourceAttributes };
  const status = await review<AccessReviewStatus>(client, ACCESS_REVIEW, spec, options);
  return status?.allowed === true && status.denied !== true;
}

const TOKEN_REVIEW = { group: 'authentication.k8s.io', kind: 'TokenReview' };
const ACCESS_REVIEW = { group: 'authorization.k8s.io', kind: 'SubjectAccessReview' };

interface TokenReviewStatus {
  authenticated?: boolean;
  user?: UserInfo;
  audiences?: string[];
}

interface AccessReviewStatus {
  allowed?: boolean;
  denied?: boolean;
}

/** An object that is a question: nothing is kept of it, and its status is the answer. */
async function review<Status>(
  { connection }: KubeClient,
  { group, kind }: { group: string; kind: string },
  spec: object,
  options: CallOptions | undefined,
): Promise<Status | undefined> {
  const plural = `${kind.toLowerCase()}s`;
  const apiVersion = `${group}/v1`;
  const { status } = await connection.request<{ status?: Status }>(
    {
      verb: 'create',
      type: `${plural}.${group}`,
      method: 'POST',
      path: `/apis/${apiVersion}/${plural}`,
      body: { apiVersion, kind, spec },
    },
    options,
  );
  return status;
}
