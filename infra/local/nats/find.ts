import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { AppError } from '../../../shared/errors.ts';

const run = promisify(execFile);

/** The release file that is fetched, with the checksums of its archives. Any server from 2.9 on serves. */
const RELEASE = '2.10.10';
const SHA256: Record<string, string> = {
  'linux-amd64': 'c8cd7e19b906a5f8a7f9f7e70fc4bfa492d66a069d9664c4db19fdee1b6aa640',
  'darwin-amd64': '5b6bfed8f75ecb2f6465b87334f4e757a66c32b6c5f802e964a080a3716ffffb',
  'darwin-arm64': '8af6cbd8f3f21bcec164d17bc879d3e7807cd98e1c7839ac668986a71c4e52c6',
};
/** What `go install` builds; Go's checksum database vouches for it. */
const MODULE = 'github.com/nats-io/nats-server/v2@v2.12.15';
const DOWNLOAD_MS = 60_000;
const BUILD_MS = 300_000;

/** Tells a person what is being tried; it may take a minute. */
export type Progress = (message: string) => void;

/**
 * Path of a `nats-server`: `NATS_SERVER`, the first on PATH, the cache, the release file, `go install`, the system's
 * packages. What is fetched stays in the cache. Throws `CONFIG_INVALID` that says what to do when none can be had.
 */
export async function findNatsServer(progress: Progress = () => undefined, env = process.env): Promise<string> {
  const { NATS_SERVER: named } = env;
  if (named !== undefined && named !== '') {
    if (existsSync(named)) return named;
    throw new AppError('CONFIG_INVALID', `NATS_SERVER names ${named}, which does not exist`);
  }
  const folder = join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'sympozium', 'bin');
  const cached = join(folder, 'nats-server');
  const present = [...onPath(env['PATH'] ?? ''), cached, '/usr/sbin/nats-server'].find((path) => existsSync(path));
  if (present !== undefined) return present;

  await mkdir(folder, { recursive: true });
  const failures: string[] = [];
  for (const [source, fetchTo] of [
    ['the release file', fromRelease],
    ['go install', fromGo],
    ['the system packages', fromPackages],
  ] as const) {
    progress(`Fetching nats-server from ${source}`);
    try {
      return await fetchTo(cached);
    } catch (error) {
      failures.push(`${source}: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
    }
  }
  throw new AppError(
    'CONFIG_INVALID',
    `No nats-server could be found or fetched. Install one (https://nats.io/download) so that it is on PATH, or name it in NATS_SERVER. Tried ${failures.join('; ')}`,
  );
}

function onPath(path: string): string[] {
  return path.split(delimiter).flatMap((folder) => (folder === '' ? [] : [join(folder, 'nats-server')]));
}

async function fromRelease(target: string): Promise<string> {
  const platform = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
  const wanted = SHA256[platform];
  if (wanted === undefined) throw new AppError('NOT_FOUND', `no pinned release for ${platform}`);
  const name = `nats-server-v${RELEASE}-${platform}`;
  const url = `https://github.com/nats-io/nats-server/releases/download/v${RELEASE}/${name}.tar.gz`;
  const response = await fetch(url, { signal: AbortSignal.timeout(DOWNLOAD_MS) });
  if (!response.ok) throw new AppError('UPSTREAM_UNAVAILABLE', `${url} answered ${response.status}`);
  const archive = Buffer.from(await response.arrayBuffer());
  const actual = createHash('sha256').update(archive).digest('hex');
  if (actual !== wanted) throw new AppError('UPSTREAM_UNAVAILABLE', `checksum of ${name} is ${actual}, not ${wanted}`);
  return inScratch(async (scratch) => {
    await writeFile(join(scratch, 'archive.tar.gz'), archive);
    await run('tar', ['-xzf', join(scratch, 'archive.tar.gz'), '-C', scratch]);
    return install(join(scratch, name, 'nats-server'), target);
  });
}

async function fromGo(target: string): Promise<string> {
  return inScratch(async (scratch) => {
    await run('go', ['install', MODULE], { env: { ...process.env, GOBIN: scratch }, timeout: BUILD_MS });
    return install(join(scratch, 'nats-server'), target);
  });
}

async function fromPackages(): Promise<string> {
  await run('apt-get', ['update', '-qq'], { timeout: DOWNLOAD_MS });
  await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'nats-server'], { timeout: DOWNLOAD_MS });
  return '/usr/sbin/nats-server';
}

async function inScratch(work: (folder: string) => Promise<string>): Promise<string> {
  const scratch = await mkdtemp(join(tmpdir(), 'nats-server-'));
  try {
    return await work(scratch);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Renames within the cache folder, so that two starts at once never see half a program. */
async function install(from: string, target: string): Promise<string> {
  const staged = `${target}.${process.pid}`;
  await run('cp', [from, staged]);
  await chmod(staged, 0o755);
  await rename(staged, target);
  return target;
}
