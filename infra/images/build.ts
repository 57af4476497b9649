import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../bundle/bundle.ts';
import { IMAGES, type Image, TOOL_FILES, type Tools, USER } from './images.ts';

const run = promisify(execFile);

export interface BuildOptions {
  /** Folder of the cluster test kit, whose `base-image` and `load-image` need no container engine. */
  kit: string;
  registry: string;
  tag: string;
}

/** The kit's Node.js base image. */
const BASE = 'localhost/kubekit/node:24';

/** Says which packages the kit's base was made with: it is made anew for others. */
const PACKAGES_MARK = 'sympozium-base-packages';

/** Builds every image from the bundles in `dist/` and gives it to the kit's running cluster. Returns their names. */
export async function buildImages({ kit, registry, tag }: BuildOptions): Promise<string[]> {
  await buildBase(kit);
  const names: string[] = [];
  for (const image of IMAGES) {
    const reference = `${registry}/${image.name}:${tag}`;
    const base = image.tools === undefined ? BASE : await withTools(kit, image.tools);
    await withFiles(image.files, (folder) => load({ kit, reference, base, image, folder }));
    names.push(reference);
  }
  return names;
}

/** One base with the packages of all images: the kit makes one, and nothing can be pulled there. */
async function buildBase(kit: string): Promise<void> {
  const wanted = [...new Set(IMAGES.flatMap(({ tools }) => tools?.packages ?? []))].sort().join(' ');
  const mark = join(process.env['KIT_CACHE'] ?? '/var/cache/kubekit', PACKAGES_MARK);
  const made = await readFile(mark, 'utf8').catch(() => '');
  const how = made === wanted ? ['node'] : ['--rebuild', 'debian', 'node'];
  await run('bash', [join(kit, 'base-image'), ...how], {
    maxBuffer: 1 << 26,
    env: { ...process.env, EXTRA_PACKAGES: wanted },
  });
  await writeFile(mark, wanted);
}

/** The base with the files of tools on top; images with the same tools share it. */
async function withTools(kit: string, { kubectl }: Tools): Promise<string> {
  const reference = `localhost/sympozium/tools:${kubectl === true ? 'kubectl' : 'plain'}`;
  // The kit's one program acts as the name that it is called by.
  const files = { ...TOOL_FILES, ...(kubectl === true && { [join(kit, 'bin/kubekit')]: 'usr/local/bin/kubectl' }) };
  await withFiles(files, (folder) =>
    run('bash', [join(kit, 'load-image'), '--store-only', '--from', BASE, reference, folder]),
  );
  return reference;
}

interface Load {
  kit: string;
  reference: string;
  base: string;
  image: Image;
  folder: string;
}

async function load({ kit, reference, base, image, folder }: Load): Promise<void> {
  const env = Object.entries(image.env).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  const placed = ['--from', base, '--prefix', '/app', '--workdir', '/app', '--user', USER];
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

/** `files` as in an image; paths that are not absolute are the project's. */
async function withFiles(
  files: Readonly<Record<string, string>>,
  work: (folder: string) => Promise<unknown>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'image-'));
  try {
    for (const [from, to] of Object.entries(files)) {
      await mkdir(dirname(join(folder, to)), { recursive: true });
      await cp(resolve(ROOT, from), join(folder, to), { recursive: true, filter: (path) => !path.endsWith('.map') });
    }
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
