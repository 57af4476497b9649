import { afterEach, describe, expect, it } from 'vitest';
import { runCli } from './cli.ts';
import { aRun, aTerminal, chunk, END, events, type FakeTerminal, json, startApi, status, text } from './fixtures.ts';

let api: Awaited<ReturnType<typeof startApi>> | undefined;
afterEach(() => api?.close());

async function start(answers: Parameters<typeof startApi>[0]) {
  api = await startApi(answers);
  return api;
}

const settings = (terminal: FakeTerminal, url: string) => ({
  ...terminal,
  env: { ...terminal.env, SYMPOZIUM_URL: url, SYMPOZIUM_TOKEN: 't' },
});

async function cli(args: string[], answers: Parameters<typeof startApi>[0], terminal = aTerminal()) {
  const { url, seen } = await start(answers);
  const code = await runCli(args, settings(terminal, url));
  return { code, ...terminal.written, seen };
}

const CREATED = json(aRun('r-1'), 201);
const SUCCEEDED = json(aRun('r-1', { phase: 'Succeeded', result: 'The answer' }));
const FOLLOWED = events([
  status('Pending'),
  status('Running', { podName: 'r-1-abc' }),
  chunk(1, 'text', 'Let me '),
  chunk(2, 'text', 'look.'),
  chunk(3, 'tool_use', '{"name":"write_file","input":{"path":"haiku.txt","content":"Five\\nfiles"}}'),
  chunk(4, 'tool_result', 'wrote 10 bytes'),
  chunk(5, 'text', 'The answer'),
  status('Succeeded'),
  END,
]);
const RUN = { 'POST /runs': CREATED, 'GET /runs/r-1/events': FOLLOWED, 'GET /runs/r-1': SUCCEEDED };

describe('sympozium run', () => {
  it('writes the answer and nothing else to standard output, and the progress to standard error', async () => {
    const { code, out, err } = await cli(['run', 'Say hello'], RUN);

    expect(code).toBe(0);
    expect(out).toBe('The answer\n');
    expect(err).toContain('· Running in pod r-1-abc');
    expect(err).toContain('Let me look.\n→ write_file path=haiku.txt content="Five\\nfiles"');
    expect(err).toContain('← wrote 10 bytes');
    expect(err).not.toContain('\u001b');
  });

  it('writes the answer once when both outputs are one screen', async () => {
    const { out } = await cli(
      ['run', 'Say hello'],
      RUN,
      aTerminal({ outIsTty: true, errIsTty: true, env: { NO_COLOR: '1' } }),
    );

    expect(out).toBe('Let me look.\nThe answer\n');
  });

  it('colours the progress on a screen that takes colours', async () => {
    const { err } = await cli(['run', 'Say hello'], RUN, aTerminal({ errIsTty: true }));

    expect(err).toContain('\u001b[');
  });

  it('asks for what the options say', async () => {
    const options = [
      '-i',
      'bot',
      '--model',
      'm',
      '--provider',
      'p',
      '--timeout',
      '5m',
      '--skill',
      'a',
      '--skill',
      'b',
      '-n',
      'ns',
    ];
    const { seen } = await cli(['run', 'Do it', ...options, '--detach'], RUN);

    expect(seen).toHaveLength(1);
    expect(seen[0]?.query.get('namespace')).toBe('ns');
    expect(seen[0]?.headers.authorization).toBe('Bearer t');
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({
      instanceRef: 'bot',
      task: 'Do it',
      model: 'm',
      provider: 'p',
      timeout: '5m',
      skills: [{ skillPackRef: 'a' }, { skillPackRef: 'b' }],
    });
  });

  it('prints only the name when it does not follow', async () => {
    expect((await cli(['run', 'x', '-d'], RUN)).out).toBe('r-1\n');
  });

  it('prints the whole run when JSON is asked for', async () => {
    const { out } = await cli(['run', 'x', '--json'], RUN);

    expect(JSON.parse(out).status.result).toBe('The answer');
  });

  it('says reason and message, and fails, when the run fails', async () => {
    const conditions = [{ type: 'Succeeded', status: 'False', reason: 'Timeout', message: 'it took longer than 5m' }];
    const { code, out, err } = await cli(['run', 'x'], {
      ...RUN,
      'GET /runs/r-1/events': events([status('Failed'), END]),
      'GET /runs/r-1': json(aRun('r-1', { phase: 'Failed', error: 'timeout', conditions })),
    });

    expect(code).toBe(1);
    expect(out).toBe('');
    expect(err).toContain('Run r-1 failed: Timeout: it took longer than 5m\n');
  });

  it('goes on after the last event when the stream breaks off', async () => {
    const { code, err, seen } = await cli(['run', 'x'], {
      ...RUN,
      'GET /runs/r-1/events': [
        events([chunk(7, 'text', 'one ')]),
        (response) => response.destroy(),
        events([chunk(8, 'text', 'two'), END]),
      ],
    });

    expect(code).toBe(0);
    expect(err).toContain('one ');
    expect(err).toContain('two');
    const resumed = seen.filter(({ path }) => path.endsWith('/events')).map(({ headers }) => headers['last-event-id']);
    expect(resumed).toEqual([undefined, '7', '7']);
  });

  it('starts one run when the answer to its creation is lost', async () => {
    const { code, seen } = await cli(['run', 'x'], {
      ...RUN,
      'POST /runs': [(response) => response.destroy(), CREATED],
    });
    const keys = seen.filter(({ method }) => method === 'POST').map(({ headers }) => headers['idempotency-key']);

    expect(code).toBe(0);
    expect(keys).toHaveLength(2);
    expect(keys[0]).toBe(keys[1]);
  });

  it('detaches on Ctrl-C and says how to go on', async () => {
    const terminal = aTerminal();
    const { url } = await start({ ...RUN, 'GET /runs/r-1/events': events([status('Running')], { open: true }) });
    const done = runCli(['run', 'x', '-n', 'ns'], settings(terminal, url));
    await expect.poll(() => terminal.written.err).toContain('Running');
    terminal.interrupt();

    expect(await done).toBe(130);
    expect(terminal.written.err).toContain('npx sympozium delete r-1 -n ns');
  });

  it('fails when the run is deleted meanwhile', async () => {
    const { code, err } = await cli(['run', 'x'], {
      ...RUN,
      'GET /runs/r-1/events': events([{ event: 'deleted', data: {} }]),
    });

    expect(code).toBe(1);
    expect(err).toContain('Run r-1 was deleted.');
  });

  it('says what the API refused', async () => {
    const refused = text(404, 'instance "nope" not found in namespace "default"');
    const { code, err } = await cli(['run', 'x', '-i', 'nope'], { ...RUN, 'POST /runs': refused });

    expect(code).toBe(1);
    expect(err).toBe('instance "nope" not found in namespace "default"\n');
  });

  it('keeps what a model writes from moving the cursor of a screen', async () => {
    const evil = 'a\u001b[2Jb\u0007c';
    const answers = {
      ...RUN,
      'GET /runs/r-1/events': events([chunk(1, 'text', evil), END]),
      'GET /runs/r-1': json(aRun('r-1', { phase: 'Succeeded', result: evil })),
    };
    const screen = aTerminal({ outIsTty: true, errIsTty: true, env: { NO_COLOR: '1' } });

    expect((await cli(['run', 'x'], answers, screen)).out).toBe('abc\n');
  });
});
