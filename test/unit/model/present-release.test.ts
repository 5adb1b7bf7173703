import { describe, expect, it } from '@jest/globals';
import { LAYERS } from '../../../model/layers.ts';
import { ANNOTATIONS, deploymentName } from '../../../model/names.ts';
import { identityOf, layerOf, presentRelease } from '../../../model/present-release.ts';
import { renderRelease } from '../../../model/release.ts';
import { implicitSite } from '../../../model/site.ts';
import { content, owner, revision } from './builders.ts';

const { deployment } = renderRelease({
  ...{ owner, site: implicitSite('edge'), revision, hash: 'hash-1', content, progressDeadlineSeconds: 600 },
});
type Metadata = NonNullable<Parameters<typeof identityOf>[0]['metadata']>;
const { metadata } = deployment as { metadata: Metadata };
const changed = (change: Partial<Metadata>) => identityOf({ metadata: { ...metadata, ...change } });
const annotated = (annotations: Record<string, string>) =>
  changed({ annotations: { ...metadata.annotations, ...annotations } });

const IDENTITY = 'shop/web/edge/uid-1/hash-1/4';
const RELEASE = {
  ...{ rollout: { namespace: 'shop', name: 'web' }, layer: 'edge', uid: 'uid-1', hash: 'hash-1', generation: 4 },
};

describe('A release that is live somewhere', () => {
  it('is known again by the line that a report has of it', () => {
    expect(changed({})).toBe(IDENTITY);
    expect(presentRelease(IDENTITY)).toEqual(RELEASE);
  });

  it('is known, too, where it does not say by what it was written', () => {
    const mute = changed({ annotations: undefined });
    expect(presentRelease(mute!)).toEqual({ ...RELEASE, uid: '', hash: '', generation: -1 });
    expect(presentRelease(annotated({ [ANNOTATIONS.generation]: 'none' })!)).toMatchObject({ generation: -1 });
  });

  it.each<[string, string | undefined]>([
    ['a Deployment of somebody else', changed({ labels: { app: 'web' } })],
    ['a Deployment of another name', changed({ name: 'web' })],
    ['a Deployment of another rollout’s name', changed({ name: deploymentName('shop', 'edge') })],
    ['a Deployment without a name', changed({ name: undefined })],
    ['one whose content somebody wrote over', annotated({ [ANNOTATIONS.content]: 'a/b' })],
    ['one whose rollout somebody wrote over', annotated({ [ANNOTATIONS.uid]: '/' })],
    ['an object without metadata', identityOf({})],
  ])('is not %s', (_, identity) => {
    expect(identity).toBeUndefined();
  });

  it.each([
    ['nothing', ''],
    ['no namespace', '/web/edge/uid-1/hash-1/4'],
    ['no name', 'shop//edge/uid-1/hash-1/4'],
    ['no layer', 'shop/web//uid-1/hash-1/4'],
    ['a layer that there is not', 'shop/web/moon/uid-1/hash-1/4'],
    ['no uid', 'shop/web/edge'],
    ['no content', 'shop/web/edge/uid-1'],
    ['no generation', 'shop/web/edge/uid-1/hash-1'],
    ['an empty generation', 'shop/web/edge/uid-1/hash-1/'],
    ['a generation that is no number', 'shop/web/edge/uid-1/hash-1/four'],
    ['a generation that is no whole number', 'shop/web/edge/uid-1/hash-1/4.5'],
    ['more than is known', `${IDENTITY}/more`],
    ['nothing more, after its end', `${IDENTITY}/`],
  ])('is not made of a line with %s', (_, line) => {
    expect(presentRelease(line)).toBeUndefined();
  });

  it.each(LAYERS)('is of the layer that its Deployment is named after: %s', (layer) => {
    expect(layerOf(owner, deploymentName(owner.name, layer))).toBe(layer);
  });
});
