/** Every file of end-to-end tests is checked for what must never happen, or says here why it cannot be. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ROOT } from '../../../dev/home.ts';

const files = ['e2e', 'clusters'].flatMap((folder) =>
  readdirSync(join(ROOT, 'test', folder)).flatMap((file) => (file.endsWith('.test.ts') ? `${folder}/${file}` : [])),
);

/** Files in which no release is written. */
const UNCHECKED: Record<string, string> = {
  'e2e/chart-metrics-rendered.test.ts': 'what Helm prints',
  'e2e/chart-network-rendered.test.ts': 'what Helm prints',
  'e2e/chart-options-rendered.test.ts': 'what Helm prints',
  'e2e/chart-rendered.test.ts': 'what Helm prints',
  'e2e/chart-temporal-rendered.test.ts': 'what Helm prints',
  'e2e/chart-temporal.test.ts': 'a Temporal server, and no rollout',
  'e2e/check-layers.test.ts': 'dry runs',
  'e2e/crd.test.ts': 'dry runs',
  'e2e/crd-examples.test.ts': 'dry runs',
  'e2e/crd-fleet.test.ts': 'dry runs',
  'e2e/crd-gates.test.ts': 'dry runs',
  'e2e/crd-object.test.ts': 'a stored FogRollout, and nobody who looks at it',
  'e2e/kube.test.ts': 'the Kubernetes client alone: its Deployments are nobody’s releases',
  'e2e/page.test.ts': 'made-up rollouts, at which nobody works',
  'clusters/reports.test.ts': 'made-up reports of runs that there never were: they speak of releases that nobody wrote',
};

/** The file's own code: it begins a recording, which is checked when its tests are over. */
const isChecked = (file: string) => {
  const code = readFileSync(join(ROOT, 'test', file), 'utf8');
  return /\be2eFile\(\)/.test(code) && /\.(world|record)\(/.test(code);
};

describe('A file of end-to-end tests', () => {
  it.each(files)('%s is checked, or is on the list', (file) => {
    expect({ isChecked: isChecked(file), why: UNCHECKED[file] }).toEqual(
      UNCHECKED[file] ? { isChecked: false, why: UNCHECKED[file] } : { isChecked: true, why: undefined },
    );
  });

  it.each(files.filter((file) => file in UNCHECKED))('%s, on the list, starts no part of the product', (file) => {
    const code = readFileSync(join(ROOT, 'test', file), 'utf8');
    expect(code).not.toMatch(/new (Product|World|ActivitiesAtSite)\(|ActivityCaller\.start|startQuickWatcher/);
  });

  it('on the list is there', () => {
    expect(Object.keys(UNCHECKED).filter((file) => !files.includes(file))).toEqual([]);
  });
});
