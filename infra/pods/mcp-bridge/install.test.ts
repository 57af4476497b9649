import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { installAdapter } from './install.ts';

it('puts a program into a folder that runs with nothing but what is in it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'adapter-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const from = join(folder, 'bundle.js');
  await writeFile(
    from,
    'import { versions } from "node:process"; console.log(versions.node, process.argv.slice(2).join());',
  );
  await installAdapter({ from, folder, on: folder });
  const env = { LD_LIBRARY_PATH: join(folder, 'lib') };
  const { stdout } = await promisify(execFile)(join(folder, 'mcp-bridge'), ['--stdio-adapter', 'x'], { env });
  expect(stdout).toBe(`${process.versions.node} --stdio-adapter,x\n`);
  await writeFile(
    from,
    'import { readFileSync } from "node:fs"; console.log(readFileSync("/proc/self/maps", "utf8"));',
  );
  await installAdapter({ from, folder, on: folder });
  const mapped =
    (await promisify(execFile)(join(folder, 'mcp-bridge'), [], { env })).stdout.match(/\/\S+\.so[.\d]*$/gm) ?? [];
  expect(mapped.filter((path) => !path.startsWith(folder))).toEqual([]);
});
