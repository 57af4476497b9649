import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readJsonIfComplete } from '../ipc/files.ts';
import { aPod, eventually, memoryLog, type PodFolders } from '../ipc/fixtures.ts';
import type { ExecRequest, ExecResult } from '../ipc/protocol.ts';
import { commandEnvironment, type ExecutorConfig, loadExecutorConfig } from './config.ts';
import { runExecutor } from './executor.ts';

/** Starts an executor; it is stopped when the test ends. */
function anExecutor(pod: PodFolders, env: Record<string, string> = {}, config: Partial<ExecutorConfig> = {}) {
  const stop = new AbortController();
  const ended = runExecutor({
    config: { ...loadExecutorConfig(env), ...config },
    paths: pod.paths,
    env: commandEnvironment({ PATH: process.env['PATH'], ...env }),
    log: memoryLog(),
    stop: stop.signal,
  });
  onTestFinished(() => {
    stop.abort();
    return ended;
  });
  return { ended, stop: () => stop.abort() };
}

let lastId = 0;

async function ask(pod: PodFolders, request: Partial<ExecRequest> & { command: string }): Promise<string> {
  lastId += 1;
  const id = String(lastId);
  const complete = { id, args: [], workDir: '/workspace', timeout: 5, ...request };
  await writeFile(pod.paths.toHost(`/ipc/tools/exec-request-${id}.json`), JSON.stringify(complete));
  return id;
}

const resultPath = (pod: PodFolders, id: string) => pod.paths.toHost(`/ipc/tools/exec-result-${id}.json`);

// What an executor wrote has this shape; the tests check the fields.
const answerTo = (pod: PodFolders, id: string) =>
  eventually(async () => (await readJsonIfComplete(resultPath(pod, id))) as ExecResult | undefined);

const run = async (pod: PodFolders, request: Partial<ExecRequest> & { command: string }) =>
  answerTo(pod, await ask(pod, request));

describe('the skill executor', () => {
  it('leaves to others what names nobody, where they are better for it', async () => {
    const pod = await aPod();
    anExecutor(pod, { SKILL_NAME: 'sandbox', EXEC_NAMED_ONLY: 'true' });
    const unnamed = await ask(pod, { command: 'echo mine' });
    expect(await run(pod, { command: 'echo named', target: 'sandbox' })).toMatchObject({ stdout: 'named\n' });
    expect(await readJsonIfComplete(resultPath(pod, unnamed))).toBeUndefined();
    anExecutor(pod, { SKILL_NAME: 'ops' });
    expect(await answerTo(pod, unnamed)).toMatchObject({ stdout: 'mine\n' });
  });

  it('says that it is there, by its name', async () => {
    const pod = await aPod();
    anExecutor(pod, { SKILL_NAME: 'k8s-ops' });
    const path = pod.paths.toHost('/ipc/tools/executor-k8s-ops.json');
    expect(await eventually(() => readJsonIfComplete(path))).toMatchObject({ name: 'k8s-ops' });
  });

  it('runs a command with its arguments, input and folder, and answers with what it printed', async () => {
    const pod = await aPod();
    await writeFile(pod.paths.toHost('/workspace/a.txt'), 'content');
    anExecutor(pod);
    expect(await run(pod, { command: 'cat a.txt -; echo oops >&2; exit', args: ['3'], stdin: '+stdin' })).toMatchObject(
      {
        exitCode: 3,
        stdout: 'content+stdin',
        stderr: 'oops\n',
        timedOut: false,
      },
    );
  });

  it('serves requests that were there before it started', async () => {
    const pod = await aPod();
    const id = await ask(pod, { command: 'echo early' });
    anExecutor(pod);
    expect((await answerTo(pod, id)).stdout).toBe('early\n');
  });

  it('reads what an unmodified agent writes: null lists and missing fields', async () => {
    const pod = await aPod();
    anExecutor(pod);
    await writeFile(pod.paths.toHost('/ipc/tools/exec-request-go.json'), '{"id":"go","command":"pwd","args":null}');
    expect((await answerTo(pod, 'go')).exitCode).toBe(0);
  });

  it('falls back to / when the folder is missing', async () => {
    const pod = await aPod();
    anExecutor(pod);
    expect((await run(pod, { command: 'pwd', workDir: '/workspace/none' })).stdout).toBe('/\n');
  });

  it('ends when the run is done [RUN-125]', async () => {
    const pod = await aPod();
    const { ended } = anExecutor(pod);
    await run(pod, { command: 'true' });
    await writeFile(pod.paths.toHost('/ipc/done'), 'done');
    await expect(ended).resolves.toBeUndefined();
  });

  it('ends at once when it is stopped, with what it was running', async () => {
    const pod = await aPod();
    const { ended, stop } = anExecutor(pod);
    await ask(pod, { command: 'sleep 100', timeout: 100 });
    await eventually(async () =>
      (await readdir(pod.paths.toHost('/ipc/tools'))).some((name) => name.startsWith('.claim')),
    );
    stop();
    await expect(ended).resolves.toBeUndefined();
  });

  it('lets exactly one of several run a request without target [RUN-W30]', async () => {
    const pod = await aPod();
    for (const name of ['a', 'b', 'c']) anExecutor(pod, { SKILL_NAME: name });
    const log = pod.paths.toHost('/tmp/log');
    for (let count = 0; count < 5; count += 1) await run(pod, { command: `echo $SKILL_NAME >> ${log}` });
    expect((await readFile(log, 'utf8')).trim().split('\n')).toHaveLength(5);
  });

  it('leaves a request to the one that it names [RUN-W30]', async () => {
    const pod = await aPod();
    for (const name of ['a', 'b']) anExecutor(pod, { SKILL_NAME: name });
    for (const target of ['a', 'b', 'b', 'a']) {
      expect((await run(pod, { command: 'echo $SKILL_NAME', target })).stdout).toBe(`${target}\n`);
    }
  });

  it('does not run a request again when its result exists or someone else claimed it', async () => {
    const pod = await aPod();
    const marker = pod.paths.toHost('/tmp/ran');
    const id = await ask(pod, { command: `touch ${marker}` });
    await writeFile(resultPath(pod, id), '{}');
    anExecutor(pod);
    await run(pod, { command: 'true' });
    expect(await readdir(pod.paths.toHost('/tmp'))).toEqual([]);
    await rm(resultPath(pod, id));
  });
});

describe('limits of a command', () => {
  it('end it with all its children when its time is up', async () => {
    const pod = await aPod();
    anExecutor(pod);
    const beat = pod.paths.toHost('/tmp/beat');
    const result = await run(pod, {
      command: `(while true; do date +%N > ${beat}; sleep 0.05; done) & sleep 100`,
      timeout: 0.5,
    });
    expect(result).toMatchObject({ exitCode: 124, timedOut: true });
    const before = await readFile(beat, 'utf8');
    await sleep(300);
    expect(await readFile(beat, 'utf8')).toBe(before);
  });

  it('hold even when it ignores the request to end', async () => {
    const pod = await aPod();
    anExecutor(pod);
    const result = await run(pod, { command: `trap '' TERM; while true; do sleep 0.05; done`, timeout: 0.3 });
    expect(result.timedOut).toBe(true);
  });

  it('are capped whatever the request asks for', async () => {
    const pod = await aPod();
    anExecutor(pod, {}, { maxTimeout: 0.3 });
    expect((await run(pod, { command: 'sleep 100', timeout: 1000 })).timedOut).toBe(true);
  });

  it('cut each stream between characters', async () => {
    const pod = await aPod();
    anExecutor(pod);
    const { stdout, stderr } = await run(pod, {
      command: `printf x; yes € | tr -d '\\n' | head -c 90000; seq 20000 >&2`,
    });
    expect(stdout).toMatch(/^x€+$/);
    expect(Buffer.byteLength(stdout)).toBeGreaterThan(51_200 - 4);
    expect(Buffer.byteLength(stdout)).toBeLessThanOrEqual(51_200);
    expect(Buffer.byteLength(stderr)).toBe(51_200);
  });

  it('do not wait for a background process that holds the output open', async () => {
    const pod = await aPod();
    anExecutor(pod);
    const startedAt = Date.now();
    const pid = (await run(pod, { command: 'sleep 20 & echo $!' })).stdout.trim();
    process.kill(Number(pid));
    expect(Date.now() - startedAt).toBeLessThan(10_000);
  });
});

describe('without a container around it', () => {
  it('refuses commands, and says why and what to do', async () => {
    const pod = await aPod();
    anExecutor(pod, { SYMPOZIUM_ISOLATION: 'none' });
    const result = await run(pod, { command: 'touch /tmp/should-not-exist' });
    expect(result.exitCode).toBe(126);
    expect(result.stderr).toContain('SYMPOZIUM_ALLOW_HOST_COMMANDS=true');
  });

  it('runs them when that is allowed', async () => {
    const pod = await aPod();
    anExecutor(pod, { SYMPOZIUM_ISOLATION: 'none', SYMPOZIUM_ALLOW_HOST_COMMANDS: 'true' });
    expect((await run(pod, { command: 'echo ok' })).stdout).toBe('ok\n');
  });

  it('runs nothing that the policy denies, also when it is asked fifty times, and says so each time [CTL-WA2]', async () => {
    const pod = await aPod();
    anExecutor(pod, { TOOLS_DENY: 'fetch_url,execute_command' });
    const ids = [];
    for (let index = 0; index < 50; index += 1) ids.push(await ask(pod, { command: `touch ran-${index}` }));
    for (const id of ids) {
      expect(await answerTo(pod, id)).toMatchObject({ exitCode: 126, stderr: expect.stringContaining('denied') });
    }
    expect(await readdir(pod.paths.toHost('/workspace'))).toEqual([]);
  });
});
