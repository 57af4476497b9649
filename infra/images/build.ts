import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../bundle/bundle.ts';
import { IMAGES, type Image, USER } from './images.ts';

const run = promisify(execFile);

export interface BuildOptions {
  /** Folder of the cluster test kit, whose `base-image` and `load-image` need no container engine. */
  kit: string;
  registry: string;
  tag: string;
}

/** The kit's Node.js base image. */
const BASE = 'localhost/kubekit/node:24';

/** Builds every image from the bundles in `dist/` and gives it to the kit's running cluster. Returns their names. */
export async function buildImages({ kit, registry, tag }: BuildOptions): Promise<string[]> {
  await run('bash', [join(kit, 'base-image'), 'node'], { maxBuffer: 1 << 26 });
  const names: string[] = [];
  for (const image of IMAGES) {
    const reference = `${registry}/${image.name}:${tag}`;
    await withFiles(image, (folder) => load(kit, reference, image, folder));
    names.push(reference);
  }
  return names;
}

async function load(kit: string, reference: string, image: Image, folder: string): Promise<void> {
  const env = Object.entries(image.env).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  const placed = ['--from', BASE, '--prefix', '/app', '--workdir', '/app', '--user', USER];
  await run('bash', [
    join(kit, 'load-image'),
    ...placed,
    ...env,
    reference,
    folder,
    'node',
    ...(image.flags ?? []),
    `/app/${image.entry}`,
  ]);
}

async function withFiles(image: Image, work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), `image-${image.name}-`));
  try {
    for (const [from, to] of Object.entries(image.files)) {
      await mkdir(dirname(join(folder, to)), { recursive: true });
      await cp(join(ROOT, from), join(folder, to), { recursive: true, filter: (path) => !path.endsWith('.map') });
    }
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
