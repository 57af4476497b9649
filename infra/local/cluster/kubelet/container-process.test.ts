import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseLine } from './container-log.ts';
import { adoptProcess, type ContainerProcess, startProcess, UNKNOWN_EXIT } from './container-process.ts';
import { readLog } from './log-reader.ts';
import { processEntry } from './process-table.ts';

let dir: string;
let logFile: string;
const started: ContainerProcess[] = [];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'process-'));
  logFile = join(dir, '0.log');
  mkdirSync(join(dir, '0'));
});
afterEach(async () => {
  for (const process of started.splice(0)) {
    process.kill();
    await process.exited;
  }
  await rm(dir, { recursive: true, force: true });
});

function start(script: string): ContainerProcess {
  const command = { argv: ['/bin/sh', '-c', script], env: { PATH: '/usr/bin:/bin' }, cwd: dir };
  const process = startProcess(join(dir, '0'), logFile, command, 'none');
  started.push(process);
  return process;
}

const logLines = (): string[] =>
  readFileSync(logFile, 'utf8')
    .split('\n')
    .flatMap((line) => parseLine(line) ?? [])
    .map(({ stream, text }) => `${stream} ${text}`);

describe('startProcess', () => {
  it.each([
    ['exit 0', 0],
    ['exit 7', 7],
    ['kill -TERM $$', 143],
    ['kill -KILL $$', 137],
  ])('reports the exit code of %s', async (script, code) => {
    expect(await start(script).exited).toMatchObject({ exitCode: code });
  });

  it('writes both streams to the log, also a last line without its end', async () => {
    await start('echo one; echo two >&2; printf three').exited;
    expect(logLines().sort()).toEqual(['stderr two', 'stdout one', 'stdout three']);
  });

  it('lets a program end by itself when it is asked to', async () => {
    const process = start('trap "echo bye; exit 5" TERM; echo up; while :; do sleep 0.05; done');
    await vi.waitFor(() => expect(logLines()).toContain('stdout up'), { timeout: 5000 });
    process.terminate();
    expect(await process.exited).toMatchObject({ exitCode: 5 });
  });

  it('ends with 137 and leaves nothing behind when it is killed', async () => {
    const process = start('sleep 100 & echo $!; trap "" TERM; while :; do sleep 1; done');
    await vi.waitFor(() => expect(logLines().length).toBe(1), { timeout: 5000 });
    const child = Number(logLines()[0]?.split(' ')[1]);
    process.kill();
    expect(await process.exited).toMatchObject({ exitCode: 137 });
    await vi.waitFor(() => expect(processEntry(child)).toBeUndefined(), { timeout: 5000 });
  });
});

describe('adoptProcess', () => {
  it('takes up a process that lives and learns its exit code', async () => {
    start('while [ ! -e go ]; do sleep 0.05; done; exit 9');
    const adopted = adoptProcess(join(dir, '0'), logFile, 'none');
    expect('exitCode' in adopted).toBe(false);
    writeFileSync(join(dir, 'go'), '');
    expect('exited' in adopted && (await adopted.exited)).toMatchObject({ exitCode: 9 });
  });

  it('reads the exit code when the process ended while nobody looked', async () => {
    await start('exit 3').exited;
    expect(adoptProcess(join(dir, '0'), logFile, 'none')).toMatchObject({ exitCode: 3 });
  });

  it('says unknown when there is neither a process nor an exit code', () => {
    expect(adoptProcess(join(dir, '0'), logFile, 'none')).toMatchObject({ exitCode: UNKNOWN_EXIT, unknown: true });
  });
});

describe('readLog', () => {
  async function all(query: Parameters<typeof readLog>[1], ended = () => true): Promise<string> {
    let text = '';
    for await (const line of readLog(logFile, query, ended)) text += line;
    return text;
  }

  it('gives the last lines, or as many bytes as are asked for', async () => {
    await start('echo one; echo two; echo three').exited;
    expect(await all({})).toBe('one\ntwo\nthree\n');
    expect(await all({ tailLines: 2 })).toBe('two\nthree\n');
    expect(await all({ tailLines: 0 })).toBe('');
    expect(await all({ limitBytes: 6 })).toBe('one\ntw');
    expect(await all({ sinceTime: '2999-01-01T00:00:00Z' })).toBe('');
    expect(await all({ tailLines: 1, timestamps: true })).toMatch(/^\d{4}-.*Z three\n$/);
  });

  it('follows what is written until the container has ended', async () => {
    const process = start('for n in 1 2 3; do echo $n; sleep 0.1; done');
    let over = false;
    void process.exited.then(() => {
      over = true;
    });
    expect(await all({ follow: true }, () => over)).toBe('1\n2\n3\n');
  });
});
