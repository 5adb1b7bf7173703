/** The Grafana dashboard of the chart, as Grafana asks for what it shows. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../dev/home.ts';

export interface Panel {
  id: number;
  title: string;
  type: string;
  targets?: { expr: string; legendFormat?: string }[];
}

export interface Query {
  title: string;
  /** PromQL without variables. */
  expr: string;
  /** Labels that the legend has of each series. */
  labels: string[];
}

/** All panels, rows too. */
export function panels(): Panel[] {
  const text = readFileSync(join(ROOT, 'chart/files/monitoring/dashboard.json'), 'utf8');
  return (JSON.parse(text) as { panels: Panel[] }).panels;
}

/** @param variables - by name, without the `$` */
export function queries(variables: Record<string, string>): Query[] {
  return panels().flatMap(({ title, targets = [] }) =>
    targets.map(({ expr, legendFormat = '' }) => ({
      title,
      expr: expr.replaceAll(/\$(\w+)/g, (whole, name: string) => variables[name] ?? whole),
      labels: [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label!),
    })),
  );
}
