import { describe, expect, it } from '@jest/globals';
import {
  apiVersionOf,
  DEPLOYMENTS,
  keyOf,
  NAMESPACES,
  PODS,
  pathOf,
  type ResourceType,
  typeName,
} from '../../../kube/resources.ts';

describe('Paths', () => {
  it.each<[string, ResourceType, Parameters<typeof pathOf>[1], string]>([
    ['an object', DEPLOYMENTS, { namespace: 'edge', name: 'web' }, '/apis/apps/v1/namespaces/edge/deployments/web'],
    [
      'its status',
      DEPLOYMENTS,
      { namespace: 'a', name: 'b', subresource: 'status' },
      '/apis/apps/v1/namespaces/a/deployments/b/status',
    ],
    ['a collection', PODS, { namespace: 'edge' }, '/api/v1/namespaces/edge/pods'],
    ['a collection over all namespaces', PODS, {}, '/api/v1/pods'],
    ['a cluster-scoped object', NAMESPACES, { name: 'edge' }, '/api/v1/namespaces/edge'],
    [
      'a cluster-scoped object, whatever namespace',
      NAMESPACES,
      { namespace: 'x', name: 'edge' },
      '/api/v1/namespaces/edge',
    ],
    ['a name with a strange letter', PODS, { namespace: 'a', name: 'b/c' }, '/api/v1/namespaces/a/pods/b%2Fc'],
  ])('%s', (_name, type, where, expected) => {
    expect(pathOf(type, where)).toBe(expected);
  });

  it('refuses a name without its namespace, and an empty name', () => {
    expect(() => pathOf(DEPLOYMENTS, { name: 'web' })).toThrow('Deployment web needs a namespace');
    expect(() => pathOf(DEPLOYMENTS, { namespace: 'a', name: '' })).toThrow('The name of a Deployment is empty');
  });
});

describe('Names', () => {
  it.each<[ResourceType, string, string]>([
    [DEPLOYMENTS, 'apps/v1', 'deployments.apps'],
    [PODS, 'v1', 'pods'],
  ])('%j', (type, apiVersion, name) => {
    expect([apiVersionOf(type), typeName(type)]).toEqual([apiVersion, name]);
  });

  it('makes keys', () => {
    expect([keyOf('edge', 'web'), keyOf(undefined, 'edge')]).toEqual(['edge/web', 'edge']);
  });
});
