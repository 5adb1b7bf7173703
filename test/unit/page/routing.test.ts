import { describe, expect, it } from '@jest/globals';
import { listAddress, type Route, rolloutAddress, routeOf } from '../../../page/routing.ts';

describe('an address', () => {
  it.each<[string, Route]>([
    ['', { view: 'list', filter: {} }],
    ['#', { view: 'list', filter: {} }],
    ['#/', { view: 'list', filter: {} }],
    ['#/?phase=Failed&text=a%26b', { view: 'list', filter: { phase: 'Failed', text: 'a&b' } }],
    ['#/?color=blue', { view: 'list', filter: {} }],
    ['#/rollouts/shop/web', { view: 'rollout', namespace: 'shop', name: 'web' }],
    ['#/rollouts/shop/web.v2/', { view: 'rollout', namespace: 'shop', name: 'web.v2' }],
    ['#/rollouts/shop/web?site=kiel', { view: 'rollout', namespace: 'shop', name: 'web', site: 'kiel' }],
    ['#/rollouts/shop', { view: 'unknown', hash: '#/rollouts/shop' }],
    ['#/rollouts/shop/web/x', { view: 'unknown', hash: '#/rollouts/shop/web/x' }],
    ['#/%E0%A4%A', { view: 'unknown', hash: '#/%E0%A4%A' }],
  ])('%s', (hash, route) => {
    expect(routeOf(hash)).toEqual(route);
  });

  it('leads to what it was made of', () => {
    const filter = { phase: 'Failed', namespace: 'shop', text: 'edge & fog' };
    expect(routeOf(listAddress(filter))).toEqual({ view: 'list', filter });
    expect(routeOf(rolloutAddress({ namespace: 'shop', name: 'a.b' }))).toMatchObject({
      namespace: 'shop',
      name: 'a.b',
    });
    expect(listAddress({ text: '' })).toBe('#/');
    expect(routeOf(rolloutAddress({ namespace: 'shop', name: 'web' }, 'kiel'))).toMatchObject({
      name: 'web',
      site: 'kiel',
    });
  });
});
