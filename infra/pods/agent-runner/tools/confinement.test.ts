import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aPod, memoryLog } from '../../ipc/fixtures.ts';
import type { PathMap } from '../../ipc/paths.ts';
import { loadConfig } from '../config.ts';
import { confine, READ_ROOTS, WRITE_ROOTS } from './confinement.ts';
import { fileTools } from './files.ts';
import { ToolError } from './tool.ts';

const SIGNAL = new AbortController().signal;

/** A pod with links that lead out of the workspace in several ways, and a secret that none may reach. */
async function aTrap(): Promise<{ paths: PathMap; secret: string }> {
  const { paths } = await aPod();
  const workspace = paths.toHost('/workspace');
  const outside = join(workspace, '../outside');
  await mkdir(join(workspace, 'sub'), { recursive: true });
  await mkdir(join(workspace, '../workspace-2'), { recursive: true });
  await mkdir(outside, { recursive: true });
  const secret = join(outside, 'secret.txt');
  for (const path of [secret, join(workspace, '../workspace-2/secret.txt')]) await writeFile(path, 'top secret');
  await writeFile(join(workspace, 'sub/inside.txt'), 'inside');
  await symlink(outside, join(workspace, 'folder-link'));
  await symlink('../outside/secret.txt', join(workspace, 'file-link'));
  await symlink(join(outside, 'new.txt'), join(workspace, 'dangling-link'));
  await symlink('sub', join(workspace, 'inner-link'));
  return { paths, secret };
}

function tool(paths: PathMap, name: string) {
  const tools = fileTools({ config: loadConfig({}), paths, log: memoryLog(), startedAt: 0 });
  const found = tools.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`No tool ${name}`);
  return found;
}

const step = fc.constantFrom(
  '..',
  '.',
  'sub',
  'folder-link',
  'file-link',
  'dangling-link',
  'inner-link',
  'secret.txt',
  'new.txt',
  'inside.txt',
  'workspace',
  'workspace-2',
  'outside',
  'tmp',
  'etc',
  'proc',
  'self',
  'root',
  '',
  ' ',
);
const anyPath = fc.tuple(fc.boolean(), fc.array(step, { maxLength: 7 })).map(([absolute, steps]) => {
  return (absolute ? '/' : '') + steps.join('/');
});

describe('confinement of paths', () => {
  it('never lets a path out, whatever it is made of', async () => {
    const { paths, secret } = await aTrap();
    await fc.assert(
      fc.asyncProperty(anyPath, async (path) => {
        const input = { path: path || '.', content: 'overwritten' };
        const read = await tool(paths, 'read_file').execute(input, SIGNAL).catch(String);
        expect(read).not.toContain('top secret');
        await tool(paths, 'write_file').execute(input, SIGNAL).catch(String);
        expect(await readFile(secret, 'utf8')).toBe('top secret');
        await expect(readFile(join(secret, '../new.txt'), 'utf8')).rejects.toThrow(/ENOENT/);
      }),
      { numRuns: 150 },
    );
  });

  it.each([
    '/etc/passwd',
    '../../etc/passwd',
    '/workspace/../etc',
    '/workspace-2/secret.txt',
    'folder-link/secret.txt',
    'file-link',
    'dangling-link',
    '/tmp2',
    '/',
    '/proc/self/environ',
  ])('refuses %s', async (path) => {
    const { paths } = await aTrap();
    await expect(confine(path, READ_ROOTS, paths)).rejects.toThrow(ToolError);
  });

  it('allows links and missing files within the allowed folders', async () => {
    const { paths } = await aTrap();
    expect(await tool(paths, 'read_file').execute({ path: 'inner-link/inside.txt' }, SIGNAL)).toBe('inside');
    expect((await confine('sub/../new/file.txt', WRITE_ROOTS, paths)).shown).toBe('/workspace/new/file.txt');
  });

  it('lets skills and /ipc be read but not written', async () => {
    const { paths } = await aTrap();
    for (const path of ['/skills/a.md', '/ipc/done', '/ipc/output/result.json']) {
      await expect(confine(path, READ_ROOTS, paths)).resolves.toMatchObject({ shown: path });
      await expect(confine(path, WRITE_ROOTS, paths)).rejects.toThrow(/Access denied/);
    }
  });
});

describe('file tools', () => {
  it('cut a long file between characters and tell where to go on', async () => {
    const { paths } = await aPod();
    await writeFile(paths.toHost('/workspace/long.txt'), `x${'€'.repeat(5000)}`);
    const read = tool(paths, 'read_file');
    const first = await read.execute({ path: 'long.txt' }, SIGNAL);
    expect(first).toMatch(/^x€+\n\.\.\. \(truncated at byte 7999 of 15001\)$/);
    expect(await read.execute({ path: 'long.txt', offset: 15_001 - 3 }, SIGNAL)).toBe('€');
  });

  it('list names, sizes and folders, and say when there is nothing', async () => {
    const { paths } = await aPod();
    const list = tool(paths, 'list_directory');
    expect(await list.execute({ path: '/workspace' }, SIGNAL)).toBe('(empty)');
    await mkdir(paths.toHost('/workspace/dir'));
    await writeFile(paths.toHost('/workspace/a.txt'), '12345');
    expect(await list.execute({ path: '.' }, SIGNAL)).toBe('a.txt (5 bytes)\ndir/');
  });

  it('explain failures with the path that the agent knows, not the host path', async () => {
    const { paths } = await aPod();
    await expect(tool(paths, 'read_file').execute({ path: 'none.txt' }, SIGNAL)).rejects.toThrow(
      '/workspace/none.txt does not exist.',
    );
    await expect(tool(paths, 'read_file').execute({ path: '/workspace' }, SIGNAL)).rejects.toThrow(
      '/workspace: It is a directory; use list_directory.',
    );
  });

  it('make the folders that a new file needs', async () => {
    const { paths } = await aPod();
    await tool(paths, 'write_file').execute({ path: 'a/b/c.txt', content: 'é' }, SIGNAL);
    expect(await readFile(paths.toHost('/workspace/a/b/c.txt'), 'utf8')).toBe('é');
  });
});
