/**
 * Writes chart/README.md: what the chart is, by Chart.yaml, and its values, by the comments in values.yaml.
 *
 * Usage: node scripts/chart-readme.ts [--check]
 */
import { readFileSync } from 'node:fs';
import { parse, parseDocument } from 'yaml';
import { type Value, valuesOf } from './chart-values.ts';
import { code, table } from './markdown.ts';
import { writeOrCheck } from './write-or-check.ts';

const { description, kubeVersion, version } = parse(readFileSync('chart/Chart.yaml', 'utf8')) as Record<string, string>;
const values = valuesOf(parseDocument(readFileSync('chart/values.yaml', 'utf8')));

const rows = values.map(({ path, preset, meaning }: Value) => [
  code(path),
  preset === undefined ? '' : code(preset),
  meaning,
]);

writeOrCheck(
  'chart/README.md',
  `<!-- Generated from Chart.yaml and values.yaml by \`npm run generate\`: edit those, not this one. -->
# The Helm chart of Fog Rollouts

${description}. Version ${version}, for Kubernetes ${kubeVersion!.replace(/-0$/, '')}.

\`\`\`bash
helm upgrade --install fog-rollouts chart --namespace fog-rollouts-system --create-namespace \\
  --set temporal.address=temporal-frontend.temporal:7233
helm test fog-rollouts --namespace fog-rollouts-system    # whether its API is ready
\`\`\`

It needs an image that the cluster can pull (\`image.repository\`), and Temporal: \`temporal.embedded.enabled=true\` in place of the
address brings one for trying out ([docs/temporal.md](../docs/temporal.md)). It is not installed into \`cloud\`, \`fog\` or
\`edge\`, where those who write FogRollouts run containers. What is behind the values is in
[docs/configuration.md](../docs/configuration.md), [docs/security.md](../docs/security.md) and [docs/sites.md](../docs/sites.md).

## Values

A key that is not here is refused, and so is a value of another type: \`values.schema.json\` has what is taken.

${table(['value', 'default', 'meaning'], rows)}`,
);
