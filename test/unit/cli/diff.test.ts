import { describe, expect, it } from '@jest/globals';
import { diffLines } from '../../../cli/diff.ts';
import { plain } from '../../../cli/paint.ts';
import type { FogRollout } from '../../../model/types.ts';
import { aRollout, content } from '../model/builders.ts';
import { aSite } from '../model/fleet/sites.ts';

const [container] = content.containers;
const before = aRollout({
  version: 'v1',
  deployments: {
    cloud: { replicas: 3, containers: [{ ...container!, env: [{ name: 'LEVEL', value: 'info' }] }] },
    fog: content,
  },
});

function changed(spec: Partial<FogRollout['spec']>, annotations?: Record<string, string>) {
  const after = {
    ...before,
    spec: { ...before.spec, ...spec },
    metadata: { ...before.metadata, ...(annotations && { annotations }) },
  };
  return diffLines({ before, after }, plain);
}

describe('what a manifest changes', () => {
  it('is told by layer, and the strategy apart', () => {
    const env = [
      { name: 'LEVEL', value: 'debug' },
      { name: 'SECRET', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
    ];
    const deployments = {
      cloud: { containers: [{ ...container!, image: 'nginx:1.28', env }] },
      fog: content,
      edge: content,
    };
    const strategy = { layers: { edge: { maxConcurrency: '10%' } } };
    expect(changed({ version: 'v2', deployments, strategy })).toEqual({
      differs: true,
      lines: [
        'shop/web: begins a run, v1 → v2',
        '├─ cloud: changes',
        '│  ├─ - replicas: 3',
        '│  ├─ ~ containers[nginx].image: nginx:1.27 → nginx:1.28',
        '│  ├─ ~ containers[nginx].env[LEVEL].value: info → debug',
        '│  └─ + containers[nginx].env[SECRET]: {"name":"SECRET","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}}',
        '├─ fog: the same under another version, no pod is restarted',
        '├─ + edge: has its turn from now on',
        '└─ strategy: control, adjusts the run under way',
        '   └─ + layers: {"edge":{"maxConcurrency":"10%"}}',
      ],
    });
  });

  it('is nothing, or nothing that is rolled out', () => {
    expect(changed({})).toEqual({ differs: false, lines: ['shop/web: no change'] });
    expect(changed({}, { 'kubectl.kubernetes.io/last-applied-configuration': '{}' }).differs).toBe(false);
    expect(changed({}, { team: 'a' }).lines).toEqual([
      'shop/web: changes labels or annotations alone',
      '├─ cloud: the same',
      '├─ fog: the same',
      '└─ + annotations.team: a',
    ]);
    expect(changed({ strategy: { paused: true } }).lines[0]).toBe(
      'shop/web: adjusts the run under way, and rolls nothing out',
    );
  });

  it('is all of it where it is new', () => {
    expect(diffLines({ after: before }, plain).lines).toEqual([
      'shop/web: new',
      '├─ cloud: nginx nginx:1.27, 3 replicas',
      '└─ fog: nginx nginx:1.27',
    ]);
  });

  it('of a FogSite is told field by field', () => {
    const pair = { before: aSite('field-7'), after: aSite('field-7', { hold: { reason: 'audit' } }) };
    expect(diffLines(pair, plain).lines).toEqual(['FogSite field-7: changes', '└─ + hold: {"reason":"audit"}']);
  });
});
