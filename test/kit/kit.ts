import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../../infra/bundle/bundle.ts';

const run = promisify(execFile);

/** The test kit of a real Kubernetes: `KIT`, or `shared/cluster` beside the project. Throws when there is none. */
export function kitFolder(): string {
  const folder = resolve(process.env['KIT'] ?? join(ROOT, '../shared/cluster'));
  if (!existsSync(join(folder, 'up'))) {
    throw new Error(`This tier needs the cluster test kit. ${folder} has no \`up\`; name its folder in KIT.`);
  }
  return folder;
}

export interface KitCluster {
  kubeconfig: string;
  /** Set for the kit's other commands, such as `load-image`. */
  folder: string;
  stop(): Promise<void>;
}

/** Starts a cluster of the kit in a folder of its own. The full one needs root, and a machine has room for one. */
export async function startKitCluster(mode: 'control-plane' | 'full'): Promise<KitCluster> {
  const kit = kitFolder();
  if (mode === 'full' && process.getuid?.() !== 0) {
    throw new Error('This tier starts a node with containers and network policies, which needs root.');
  }
  const folder = await mkdtemp(join(tmpdir(), 'kit-'));
  const env = { ...process.env, CLUSTER_DIR: folder };
  const flags = mode === 'control-plane' ? ['--control-plane-only'] : [];
  const { stdout } = await run('bash', [join(kit, 'up'), ...flags], { env, maxBuffer: 1 << 24 });
  const kubeconfig = stdout.trim().split('\n').at(-1) ?? '';
  return {
    kubeconfig,
    folder,
    async stop() {
      execFileSync('bash', [join(kit, 'down'), ...flags], { env, stdio: 'ignore' });
      await rm(folder, { recursive: true, force: true });
    },
  };
}
