/** Every file of end-to-end tests is checked for what must never happen, or says here why it cannot be. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ROOT } from '../../../dev/home.ts';

const FOLDER = join(ROOT, 'test/e2e');
const files = readdirSync(FOLDER).filter((file) => file.endsWith('.test.ts'));

/** Files in which no release is written. */
const UNCHECKED: Record<string, string> = {
  'chart-rendered.test.ts': 'what Helm prints',
  'check-layers.test.ts': 'dry runs',
  'crd.test.ts': 'dry runs',
  'crd-examples.test.ts': 'dry runs',
  'crd-fleet.test.ts': 'dry runs',
  'crd-gates.test.ts': 'dry runs',
  'crd-object.test.ts': 'a stored FogRollout, and nobody who looks at it',
  'kube.test.ts': 'the Kubernetes client alone: its Deployments are nobody’s releases',
  'page.test.ts': 'made-up rollouts, at which nobody works',
  'reports.test.ts': 'made-up reports of runs that there never were: they speak of releases that nobody wrote',
};

/** The file's own code: it begins a recording, which is checked when its tests are over. */
const isChecked = (file: string) => {
  const code = readFileSync(join(FOLDER, file), 'utf8');
  return /\be2eFile\(\)/.test(code) && /\.(world|record)\(/.test(code);
};

describe('A file of end-to-end tests', () => {
  it.each(files)('%s is checked, or is on the list', (file) => {
    expect({ isChecked: isChecked(file), why: UNCHECKED[file] }).toEqual(
      UNCHECKED[file] ? { isChecked: false, why: UNCHECKED[file] } : { isChecked: true, why: undefined },
    );
  });

  it.each(files.filter((file) => file in UNCHECKED))('%s, on the list, starts no part of the product', (file) => {
    const code = readFileSync(join(FOLDER, file), 'utf8');
    expect(code).not.toMatch(/new (Product|World|ActivitiesAtSite)\(|ActivityCaller\.start|startQuickWatcher/);
  });

  it('on the list is there', () => {
    expect(Object.keys(UNCHECKED).filter((file) => !files.includes(file))).toEqual([]);
  });
});
