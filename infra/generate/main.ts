import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { generatedFiles as crds } from '../../crds/generate.ts';
import { ROOT } from '../bundle/bundle.ts';
import { builtInSidecars } from './built-in-sidecars.ts';
import { deviationsPage } from './deviations-page.ts';
import { envPage } from './env-page.ts';
import { errorsPage } from './errors-page.ts';
import { kindsPage } from './kinds-page.ts';
import { loadManifests } from './manifests.ts';
import { metricsPage } from './metrics-page.ts';
import { rbacManifests } from './rbac.ts';
import { serverlessYaml } from './serverless.ts';

/** `npm run generate` writes every generated file; with `--check` it only says which are out of step, and then fails. */
const check = process.argv.includes('--check');
const manifests = await loadManifests();
const files = new Map([
  ...crds(),
  ['infra/generated/functions.json', `${JSON.stringify({ functions: manifests }, null, 2)}\n`],
  ['infra/generated/rbac.yaml', rbacManifests(manifests, await builtInSidecars())],
  ['serverless.yml', serverlessYaml(manifests)],
  ['docs/deviations.md', deviationsPage()],
  ['docs/env.md', envPage(manifests)],
  ['docs/errors.md', errorsPage()],
  ['docs/kinds.md', kindsPage()],
  ['docs/metrics.md', metricsPage()],
]);

const stale: string[] = [];
for (const [path, content] of files) {
  const target = join(ROOT, path);
  const current = await readFile(target, 'utf8').catch(() => undefined);
  if (current === content) continue;
  stale.push(path);
  if (check) continue;
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, content);
}

if (check && stale.length > 0) {
  console.error(
    `Out of step with their sources; run \`npm run generate\`:\n${stale.map((path) => `  ${path}`).join('\n')}`,
  );
  process.exitCode = 1;
} else {
  console.log(
    check ? `${files.size} generated files are in step` : `Wrote ${stale.length} of ${files.size} generated files`,
  );
}
