import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startProcess } from './container-process.ts';
import { detectIsolation, type Isolation } from './isolation.ts';
import { quote, type SandboxSpec, splitEnv } from './sandbox.ts';
import { setupScript } from './sandbox-unshare.ts';

let root: string;
/** Every kind that works here; without isolation there is always one. */
const kinds: Isolation[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'isolation-'));
  for (const wanted of ['none', 'bwrap', 'unshare'] as const) {
    const isolation = await detectIsolation(root, wanted);
    if (isolation.kind === wanted) kinds.push(isolation);
  }
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function spec(name: string, script: string, over: Partial<SandboxSpec> = {}): Promise<SandboxSpec> {
  const dir = join(root, name);
  const volume = join(dir, 'volume');
  await mkdir(volume, { recursive: true });
  return {
    dir,
    argv: ['/bin/sh', '-c', script],
    env: new Map([
      ['PATH', '/usr/bin:/bin'],
      ['odd.name', 'a b'],
      ['TEXT', "it's"],
      ['LD_PRELOAD', ''],
    ]),
    workDir: '/',
    mounts: [{ source: volume, target: '/volume', readOnly: false }],
    network: 'host',
    hostname: 'pod-name',
    readOnlyRoot: false,
    ...over,
  };
}

async function run(isolation: Isolation, sandbox: SandboxSpec): Promise<{ exitCode: number; log: string }> {
  const command = await isolation.command(sandbox);
  const log = join(sandbox.dir, 'log');
  const { exitCode } = await startProcess(sandbox.dir, log, command, isolation.kind).exited;
  return { exitCode, log: await readFile(log, 'utf8').catch(() => '') };
}

describe('every kind of isolation', () => {
  it('gives the container the environment it asked for and nothing of this process', async () => {
    for (const isolation of kinds) {
      const { exitCode, log } = await run(
        isolation,
        await spec(`env-${isolation.kind}`, '', { argv: ['/usr/bin/env'] }),
      );
      expect(exitCode).toBe(0);
      expect(log).toContain('odd.name=a b');
      expect(log).toContain("TEXT=it's");
      expect(log).not.toContain('VITEST');
    }
  });
});

describe('isolation by namespaces', () => {
  const isolated = (): Isolation[] => kinds.filter(({ kind }) => kind !== 'none');

  it('shows the volumes and nothing of home folders or of other processes', async () => {
    for (const isolation of isolated()) {
      const script =
        'echo in > /volume/file; ls /root /home; echo pid $$; ls -d /proc/[0-9]* | wc -l; touch /usr/x || echo read-only';
      const sandbox = await spec(`fs-${isolation.kind}`, script);
      const { log } = await run(isolation, sandbox);
      expect(await readFile(join(sandbox.dir, 'volume', 'file'), 'utf8')).toBe('in\n');
      expect(log).toMatch(/cannot access '?\/root/);
      expect(log).toContain('pid 1\n');
      expect(log).toContain('read-only\n');
    }
  });

  it('leaves no capability and, when asked, no network and no writable root', async () => {
    for (const isolation of isolated()) {
      const script = 'grep CapEff /proc/self/status; grep -c : /proc/net/dev; touch /x || echo root is read-only';
      const { log } = await run(
        isolation,
        await spec(`caps-${isolation.kind}`, script, { network: 'none', readOnlyRoot: true }),
      );
      expect(log).toContain('CapEff:\t0000000000000000');
      // Only the loopback device.
      expect(log).toMatch(/ F 1\n/);
      expect(log).toContain('root is read-only');
    }
  });

  it('mounts a single file, and refuses writes where a mount is read-only', async () => {
    for (const isolation of isolated()) {
      const name = `file-${isolation.kind}`;
      const sandbox = await spec(name, 'cat /deep/down/file; echo no > /deep/down/file || echo refused');
      const source = join(sandbox.dir, 'source');
      await writeFile(source, 'content\n');
      const { log } = await run(isolation, {
        ...sandbox,
        mounts: [{ source, target: '/deep/down/file', readOnly: true }],
      });
      expect(log).toContain('content\n');
      expect(log).toContain('refused\n');
    }
  });
});

describe('setupScript', () => {
  it('quotes what comes from a pod, so that no name can become a command', async () => {
    const evil = "/v'; touch /tmp/evil; '";
    const sandbox = await spec('quote', 'true', {
      hostname: evil,
      workDir: evil,
      mounts: [{ source: '/tmp', target: evil, readOnly: false }],
    });
    const script = setupScript(sandbox, { etc: '/etc', asRoot: true }, '/root-dir');
    expect(
      script
        .replaceAll(quote(evil), '')
        .replaceAll(quote(`.${evil}`), '')
        .replaceAll(quote(`PWD=${evil}`), ''),
    ).not.toContain('evil');
  });
});

describe('splitEnv', () => {
  it('keeps what could change the tools around the container for the very end', () => {
    const { early, late } = splitEnv(
      new Map([
        ['A', '1'],
        ['LD_PRELOAD', '/evil.so'],
        ['PATH', '/evil'],
        ['BASH_ENV', '/evil'],
        ['a-b', '2'],
      ]),
    );
    expect(early).toEqual({ A: '1' });
    expect(late).toEqual(['LD_PRELOAD=/evil.so', 'PATH=/evil', 'BASH_ENV=/evil', 'a-b=2']);
  });
});
