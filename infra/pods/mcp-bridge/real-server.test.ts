import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { freePort } from '../../local/free-port.ts';
import { aPod, eventually } from '../ipc/fixtures.ts';
import { aBridge, call, discovered } from './fixtures.ts';

async function serverEverything(): Promise<string> {
  const port = await freePort();
  const program = join(process.cwd(), 'node_modules/@modelcontextprotocol/server-everything/dist/index.js');
  const child = spawn(process.execPath, [program, 'streamableHttp'], {
    env: { PATH: process.env['PATH'], PORT: String(port) },
    stdio: 'ignore',
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const url = `http://127.0.0.1:${port}/mcp`;
  await eventually(() =>
    fetch(url, { method: 'DELETE' }).then(
      () => true,
      () => false,
    ),
  );
  return url;
}

it('offers and calls the tools of server-everything: text, an image, and one that reports its progress', async () => {
  const pod = await aPod();
  const servers = [{ name: 'all', url: await serverEverything(), toolsPrefix: 'all', toolsDeny: ['get-env'] }];
  const names = (await discovered(pod, servers)).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['all_echo', 'all_get-tiny-image']));
  expect(names).not.toContain('all_get-env');
  await aBridge(pod, servers);
  const texts = async (tool: string, input = {}) =>
    (await call(pod, { server: 'all', tool, arguments: input })).content?.map(({ text }) => text).join('\n');
  expect(await texts('all_echo', { message: 'hello' })).toContain('hello');
  expect(await texts('all_get-tiny-image')).toMatch(/\[image: image\/png, \d+ bytes\]/);
  expect(await texts('all_trigger-long-running-operation', { duration: 1, steps: 3 })).toContain('completed');
});
