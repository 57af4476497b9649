import { parseArgs } from 'node:util';
import { bundle } from '../bundle/bundle.ts';
import { buildImages } from './build.ts';

/** `npm run images -- --kit FOLDER [--registry R] [--tag T]`: builds the images into the test kit's cluster. */
const { values } = parseArgs({
  options: {
    kit: { type: 'string' },
    registry: { type: 'string', default: 'ghcr.io/sympozium-ai/sympozium' },
    tag: { type: 'string', default: 'latest' },
  },
});
const { kit, registry, tag } = values;
if (kit === undefined) {
  console.error(
    'Name the folder of the cluster test kit: npm run images -- --kit FOLDER (elsewhere: infra/images/Dockerfile)',
  );
  process.exitCode = 2;
} else {
  await bundle('dist');
  for (const name of await buildImages({ kit, registry, tag })) console.log(name);
}
