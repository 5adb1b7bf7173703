import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Workshop } from './workshop.ts';

let workshop: Workshop;
beforeEach(async () => {
  workshop = await Workshop.open();
});
afterEach(() => workshop.close());

describe('A user', () => {
  it.each<[string, object, string | undefined]>([
    ['a token', { token: 'secret' }, 'Bearer secret'],
    ['a name and a password', { username: 'me', password: 'pw' }, `Basic ${btoa('me:pw')}`],
    ['nothing', {}, undefined],
  ])('logs in with %s', async (_name, user, expected) => {
    await workshop.get(workshop.connect({ user }));
    expect(workshop.shown()).toEqual([expected]);
  });

  it.each<[string, RegExp]>([
    ['gcp', /user me has auth-provider gcp: use the exec plugin gke-gcloud-auth-plugin, as with kubectl$/],
    ['azure', /use the exec plugin kubelogin/],
    ['other', /use an exec plugin/],
  ])('is refused at once with the auth-provider %s, which would hold up the process', (name, words) => {
    expect(() => workshop.connect({ user: { 'auth-provider': { name } } })).toThrow(words);
  });
});

describe('A user that asks to be taken for another', () => {
  it('says so, with all that it says of the other', async () => {
    const user = {
      token: 'secret',
      as: 'jane',
      'as-uid': 'u-1',
      'as-groups': ['a', 'b'],
      'as-user-extra': { 'acme.com/Project': ['some'], 'a b%ü': ['x', 'y'] },
    };
    await workshop.get(workshop.connect({ user }));
    const { headers } = workshop.fake.requests[0]!;
    expect(headers).toMatchObject({
      authorization: 'Bearer secret',
      'impersonate-user': 'jane',
      'impersonate-uid': 'u-1',
      'impersonate-group': 'a, b', // node joins several headers of a name
      'impersonate-extra-acme.com%2fproject': 'some',
      'impersonate-extra-a%20b%25%c3%bc': 'x, y',
    });
  });

  it.each(['as-uid', 'as-groups', 'as-user-extra'])('must name it: %s alone is refused', (field) => {
    const value = { 'as-uid': 'u', 'as-groups': ['g'], 'as-user-extra': { a: ['b'] } }[field];
    expect(() => workshop.connect({ user: { [field]: value } })).toThrow(
      /as-uid, as-groups or as-user-extra, but no as$/,
    );
  });
});
