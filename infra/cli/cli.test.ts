import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from './cli.ts';
import { aRun, aTerminal, json, startApi, text } from './fixtures.ts';

let api: Awaited<ReturnType<typeof startApi>> | undefined;
afterEach(async () => {
  await api?.close();
  api = undefined;
});

async function cli(args: string[], answers: Parameters<typeof startApi>[0]) {
  api = await startApi(answers);
  const terminal = aTerminal({ env: { SYMPOZIUM_URL: api.url, SYMPOZIUM_TOKEN: 't' } });
  const code = await runCli(args, terminal);
  return { code, ...terminal.written, seen: api.seen };
}

describe('reading', () => {
  const runs = [
    { ...aRun('old', { phase: 'Failed' }), metadata: { name: 'old', creationTimestamp: '2026-01-01T00:00:00Z' } },
    {
      ...aRun('new', {}, { task: 'line one\nline two' }),
      metadata: { name: 'new', creationTimestamp: '2026-01-02T00:00:00Z' },
    },
  ];

  it('lists runs, newest first, one line each', async () => {
    const { code, out } = await cli(['runs'], { 'GET /runs': json(runs) });
    const lines = out.trimEnd().split('\n');

    expect(code).toBe(0);
    expect(lines).toHaveLength(3);
    expect(lines[1]).toMatch(/^new +default +Pending +\d+d +line one line two$/);
    expect(lines[2]).toMatch(/^old +default +Failed/);
  });

  it('prints lists and runs as JSON when asked to', async () => {
    expect(JSON.parse((await cli(['runs', '--json'], { 'GET /runs': json(runs) })).out)).toHaveLength(2);
    await api?.close();
    expect(JSON.parse((await cli(['get', 'r', '--json'], { 'GET /runs/r': json(aRun('r')) })).out).metadata.name).toBe(
      'r',
    );
  });

  it('shows a run with its answer', async () => {
    const { out } = await cli(['get', 'r'], {
      'GET /runs/r': json(aRun('r', { phase: 'Succeeded', result: 'The answer' })),
    });

    expect(out).toContain('Phase:      Succeeded\n');
    expect(out).toContain('\nThe answer\n');
  });

  it('lists instances with the provider of their key, or the one noted', async () => {
    const spec = { agents: { default: { model: 'm' } } };
    const instances = [
      { metadata: { name: 'a', annotations: { 'sympozium.ai/provider': 'scripted' } }, spec },
      { metadata: { name: 'b' }, spec: { ...spec, authRefs: [{ provider: 'openai', secret: 's' }] } },
    ];
    const { out } = await cli(['instances'], { 'GET /instances': json(instances) });

    expect(out).toMatch(/a .*scripted +m\nb .*openai +m\n$/);
  });

  it('prints a log, or follows it, and each line as JSON when asked to', async () => {
    const answers = { 'GET /runs/r/logs': text(200, 'one\ntwo') };
    const plain = await cli(['logs', 'r', '-f', '-c', 'agent'], answers);
    await api?.close();
    const asJson = await cli(['logs', 'r', '--json'], answers);

    expect(plain.out).toBe('one\ntwo\n');
    expect(Object.fromEntries(plain.seen[0]?.query ?? [])).toEqual({
      namespace: 'default',
      follow: 'true',
      container: 'agent',
    });
    expect(asJson.out).toBe('{"line":"one"}\n{"line":"two"}\n');
  });

  it('deletes runs by name', async () => {
    const gone = text(204, '');
    const { out, seen } = await cli(['delete', 'a', 'b', '--json'], { 'DELETE /runs/a': gone, 'DELETE /runs/b': gone });

    expect(seen.map(({ path }) => path)).toEqual(['/api/v1/runs/a', '/api/v1/runs/b']);
    expect(JSON.parse(out)).toEqual({ deleted: ['a', 'b'] });
  });

  it('cancels runs by name', async () => {
    const { out, seen } = await cli(['cancel', 'a', 'b'], {
      'POST /runs/a/cancel': json(aRun('a')),
      'POST /runs/b/cancel': json(aRun('b')),
    });

    expect(seen.map(({ path }) => path)).toEqual(['/api/v1/runs/a/cancel', '/api/v1/runs/b/cancel']);
    expect(out).toBe('Run a is being cancelled\nRun b is being cancelled\n');
  });

  it('fails with the text of the API when a run is not there', async () => {
    const { code, err } = await cli(['get', 'x'], { 'GET /runs/x': text(404, 'AgentRun.sympozium.ai "x" not found') });

    expect({ code, err }).toEqual({ code: 1, err: 'AgentRun.sympozium.ai "x" not found\n' });
  });

  it('says that the token is wrong', async () => {
    const { err } = await cli(['runs'], { 'GET /runs': text(401, 'Unauthorized') });

    expect(err).toContain('does not accept the token');
  });
});

describe('finding the API', () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'sympozium-cli-'));
    mkdirSync(join(root, 'deep/er'), { recursive: true });
    mkdirSync(join(root, '.sympozium'));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  it('takes the address and the token that npm start left in a folder above', async () => {
    api = await startApi({ 'GET /runs': json([]) });
    writeFileSync(join(root, '.sympozium/client.json'), JSON.stringify({ url: api.url, token: 'from-file' }));
    const code = await runCli(['runs'], aTerminal({ cwd: join(root, 'deep/er') }));

    expect(code).toBe(0);
    expect(api.seen[0]?.headers.authorization).toBe('Bearer from-file');
  });

  it('says to run npm start when there is no such file, or nobody answers', async () => {
    const [none, silent] = [
      aTerminal(),
      aTerminal({ env: { SYMPOZIUM_URL: 'http://127.0.0.1:9', SYMPOZIUM_TOKEN: 't' } }),
    ];

    expect(await runCli(['runs'], none)).toBe(1);
    expect(await runCli(['runs'], silent)).toBe(1);
    expect(none.written.err).toContain('`npm start`');
    expect(silent.written.err).toContain('`npm start`');
  });

  it('never sends the token of the file to another address', async () => {
    api = await startApi({});
    writeFileSync(
      join(root, '.sympozium/client.json'),
      JSON.stringify({ url: 'http://127.0.0.1:1', token: 'from-file' }),
    );
    const terminal = aTerminal({ cwd: root });

    expect(await runCli(['runs', '--url', api.url], terminal)).toBe(2);
    expect(api.seen).toEqual([]);
  });

  it('says so when the file is damaged', async () => {
    writeFileSync(join(root, '.sympozium/client.json'), '{');
    const terminal = aTerminal({ cwd: root });

    expect(await runCli(['runs'], terminal)).toBe(1);
    expect(terminal.written.err).toContain('is damaged');
  });
});

describe('a command line that is wrong', () => {
  it.each([
    [['rnu', 'x'], 'Did you mean `sympozium run`?'],
    [['instnces'], 'Did you mean `sympozium instances`?'],
    [['frobnicate'], 'There is no command `frobnicate`. See `sympozium --help`.'],
    [['Say hello'], 'sympozium run "Say hello"'],
    [['run'], '`run` needs a task in quotes.'],
    [['run', 'Say', 'hello'], 'Put the task in quotes: sympozium run "Say hello"'],
    [['run', ' '], 'The task is empty.'],
    [['get', 'a', 'b'], '`get` takes one name.'],
    [['runs', 'a'], '`runs` takes no name.'],
    [['runs', '--follow'], '`runs` does not take --follow.'],
    [['runs', '--jsno'], 'There is no option --jsno. Did you mean --json?'],
    [['run', 'x', '--timeout'], 'argument missing'],
    [['runs', '--url', 'nonsense', '--token', 't'], '--url must be an address'],
    [['--json'], 'Which command?'],
  ])('%j exits 2 and says what was meant', async (args, hint) => {
    const terminal = aTerminal({ env: { SYMPOZIUM_URL: 'http://127.0.0.1:9', SYMPOZIUM_TOKEN: 't' } });

    expect(await runCli(args, terminal)).toBe(2);
    expect(terminal.written.err).toContain(hint);
    expect(terminal.written.out).toBe('');
  });
});

it.each([[[]], [['--help']], [['help']], [['help', 'run']], [['run', '--help']], [['logs', '-h']]])(
  '%j prints help and exits 0',
  async (args) => {
    const terminal = aTerminal();

    expect(await runCli(args, terminal)).toBe(0);
    expect(terminal.written.out).toContain('sympozium');
    expect(terminal.written.out).toContain('--namespace');
  },
);

it('prints its version', async () => {
  const terminal = aTerminal();

  expect(await runCli(['--version'], terminal)).toBe(0);
  expect(terminal.written.out).toMatch(/^sympozium \d+\.\d+\.\d+\n$/);
});
