import { describe, expect, it } from '@jest/globals';
import * as errors from '../../../kube/errors.ts';

const { KubeConnectionError, KubeError } = errors;

function refused(code: number, reason = '', { cause = '', message = 'no' } = {}) {
  const causes = cause ? [{ reason: cause }] : [];
  return new KubeError({
    request: 'GET pods a/b',
    code,
    status: { kind: 'Status', reason, message, details: { causes } },
  });
}

const unknownField = {
  message: 'failed to create typed patch object (a/b; apps/v1): .spec.x: field not declared in schema',
};
const webhook = 'admission webhook "images.test" denied the request: not from our registry';
const policy = `deployments.apps "x" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no`;

describe('What an error means', () => {
  it.each<[string, unknown, string[]]>([
    ['an unknown object', refused(404, 'NotFound'), ['isNotFound']],
    ['a path at which nothing is', new KubeError({ request: 'GET pods a/b', code: 404, text: 'no' }), ['isNotServed']],
    ['a newer version', refused(409, 'Conflict'), ['isConflict', 'isTransient']],
    [
      'a field of another manager',
      refused(409, 'Conflict', { cause: 'FieldManagerConflict' }),
      ['isConflict', 'isFieldManagerConflict'],
    ],
    ['a name that is taken', refused(409, 'AlreadyExists'), ['isAlreadyExists']],
    ['no permission', refused(403, 'Forbidden'), ['isForbidden']],
    ['a full quota', refused(403, 'Forbidden', { message: 'exceeded quota: q' }), ['isForbidden']],
    [
      'a namespace on its way out',
      refused(403, 'Forbidden', { cause: 'NamespaceTerminating' }),
      ['isForbidden', 'isNamespaceTerminating'],
    ],
    ['a word of a webhook', refused(400, '', { message: webhook }), ['isDenied', 'isInvalid']],
    ['a word of a policy', refused(422, 'Invalid', { message: policy }), ['isDenied', 'isInvalid', 'isRefusedAsWhole']],
    ['a wrong object', refused(422, 'Invalid'), ['isInvalid', 'isRefusedAsWhole']],
    ['an object that cannot be read', refused(400, 'BadRequest'), ['isInvalid']],
    ['an apply with an unknown field', refused(500, '', unknownField), ['isInvalid']],
    ['an expired version', refused(410, 'Expired'), ['isGone']],
    ['a full service range', refused(500, 'InternalError', { message: 'range is full' }), ['isTransient']],
    ['too many requests', refused(429, 'TooManyRequests'), ['isTransient']],
    ['a server that is starting', refused(503, 'ServiceUnavailable'), ['isTransient']],
    ['a server that took too long', refused(504, 'Timeout'), ['isTransient']],
    ['a request that took too long', refused(408), ['isTransient']],
    ['wrong credentials', refused(401, 'Unauthorized'), []],
    ['a connection that broke', new KubeConnectionError('GET pods a/b', 'reset'), ['isTransient']],
    ['a bug of ours', new TypeError('x is not a function'), []],
    ['nothing', undefined, []],
  ])('%s', (_name, error, expected) => {
    const predicates = Object.entries(errors).filter(([name]) => name.startsWith('is')) as [
      string,
      (e: unknown) => boolean,
    ][];
    expect(predicates.filter(([, is]) => is(error)).map(([name]) => name)).toEqual(expect.arrayContaining(expected));
    expect(predicates.filter(([, is]) => is(error))).toHaveLength(expected.length);
  });
});
