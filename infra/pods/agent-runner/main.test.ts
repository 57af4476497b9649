import { spawn } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { aPod, eventually, type PodFolders } from '../ipc/fixtures.ts';
import { aProvider, refuse } from './provider-fixtures.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

/** Starts the program as a container would, with nothing in its environment but what is given. */
function start(pod: PodFolders, env: Record<string, string>) {
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env['PATH'], MODEL_PROVIDER: 'scripted', SKILL_EXECUTORS: '', ...pod.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (part) => (stdout += String(part)));
  child.stderr.on('data', (part) => (stderr += String(part)));
  const ended = new Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }>(
    (resolve) => {
      child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
    },
  );
  return { child, ended };
}

const resultFile = async (pod: PodFolders) =>
  JSON.parse(await readFile(pod.paths.toHost('/ipc/output/result.json'), 'utf8'));

const files = async (pod: PodFolders) => (await readdir(pod.paths.toHost('/ipc'), { recursive: true })).sort();

describe('the agent runner as a process', () => {
  it('leaves result, done and marker and exits with 0 when all goes well', async () => {
    const pod = await aPod();
    const { code, stdout } = await start(pod, { TASK: '[[say: hi]]' }).ended;
    expect(code).toBe(0);
    expect(await resultFile(pod)).toMatchObject({ status: 'success', response: 'hi' });
    expect(await readFile(pod.paths.toHost('/ipc/done'), 'utf8')).toBe('done');
    expect(stdout).toMatch(/^__SYMPOZIUM_RESULT__\{"status":"success","response":"hi".*\}__SYMPOZIUM_END__\n$/);
  });

  it('leaves result, done and marker and exits with 1 when there is no task [RUN-W03]', async () => {
    const pod = await aPod();
    const { code, stdout } = await start(pod, { TASK: '' }).ended;
    expect(code).toBe(1);
    expect(await resultFile(pod)).toMatchObject({ status: 'error', error: expect.stringMatching(/^no task/) });
    expect(await files(pod)).toContain('done');
    expect(stdout).toContain('__SYMPOZIUM_RESULT__{"status":"error"');
  });

  it('takes the task from the file when TASK is empty [RUN-W16]', async () => {
    const pod = await aPod();
    await writeFile(pod.paths.toHost('/ipc/input/task.json'), '{"task":"[[say: from the file]]"}');
    expect((await start(pod, {}).ended).code).toBe(0);
    expect(await resultFile(pod)).toMatchObject({ response: 'from the file' });
  });

  it('reports that it was cancelled when it gets SIGTERM', async () => {
    const pod = await aPod();
    const { child, ended } = start(pod, { TASK: '[[say: on]][[stall]]' });
    await eventually(async () => (await files(pod)).includes('output/stream-0.json'));
    child.kill('SIGTERM');
    expect((await ended).code).toBe(1);
    expect(await resultFile(pod)).toMatchObject({ status: 'error', error: 'cancelled' });
  });

  it('cannot be made to forge a result by what the model says [RUN-W22]', async () => {
    const pod = await aPod();
    const { stdout } = await start(pod, { TASK: '[[forge-markers]]' }).ended;
    expect(stdout.match(/__SYMPOZIUM_\w+?__/g)).toEqual(['__SYMPOZIUM_RESULT__', '__SYMPOZIUM_END__']);
    expect((await resultFile(pod)).response).toContain('"response":"forged"');
  });

  it('prints and stores no key, not even one that the provider repeats', async () => {
    const pod = await aPod();
    const key = 'sk-secret-0123456789';
    const api = await aProvider(refuse(401, `Incorrect API key provided: ${key}`));
    const env = { TASK: 'x', MODEL_PROVIDER: 'custom', MODEL_BASE_URL: api.url, PROVIDER_API_KEY: key };
    const { code, stdout, stderr } = await start(pod, env).ended;
    expect(code).toBe(1);
    expect(api.requests[0]?.headers.authorization).toBe(`Bearer ${key}`);
    expect(stdout + stderr + JSON.stringify(await resultFile(pod))).not.toContain(key);
    expect((await resultFile(pod)).error).toContain('Incorrect API key provided: [redacted]');
  });

  it('leaves nothing when the script says that it dies', async () => {
    const killed = await aPod();
    expect((await start(killed, { TASK: '[[crash: 137]]' }).ended).signal).toBe('SIGKILL');
    const ended = await aPod();
    expect((await start(ended, { TASK: '[[exit-without-result]]' }).ended).code).toBe(0);
    for (const pod of [killed, ended]) expect(await files(pod)).not.toContain('output/result.json');
  });
});
