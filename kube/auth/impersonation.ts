import type { KubeUser } from '../kube-config.ts';
import type { Headers } from './source.ts';

/** What a header's name may consist of (RFC 9110, 5.6.2), besides the `%` that escapes the rest. */
const NAME_CHARACTER = /[!#$&'*+\-.^_`|~0-9A-Za-z]/;

/**
 * The headers of a user that asks to be taken for another: `as`, `as-uid`, `as-groups` and `as-user-extra`.
 * @throws Error when it names no user, but more of one: the server would ignore it
 */
export function impersonation(user: KubeUser): Headers {
  const { impersonateUser, impersonateUid, impersonateGroups = [], impersonateExtra = {} } = user;
  const extras = Object.entries(impersonateExtra);
  if (!impersonateUser) {
    if (!impersonateUid && impersonateGroups.length === 0 && extras.length === 0) return {};
    throw new Error(`The kubeconfig's user ${user.name} has as-uid, as-groups or as-user-extra, but no as`);
  }
  return {
    'impersonate-user': impersonateUser,
    ...(impersonateUid && { 'impersonate-uid': impersonateUid }),
    ...(impersonateGroups.length > 0 && { 'impersonate-group': impersonateGroups }),
    ...Object.fromEntries(extras.map(([key, values]) => [`impersonate-extra-${escapeName(key)}`, values])),
  };
}

/** As client-go's headerKeyEscape: everything that a header's name cannot have, byte by byte. */
function escapeName(key: string): string {
  const bytes = [...Buffer.from(key, 'utf8')];
  return bytes
    .map((byte) => {
      const character = String.fromCharCode(byte);
      if (NAME_CHARACTER.test(character)) return character;
      return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}
