import { readdir, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readJsonIfComplete, writeFileAtomic } from '../../ipc/files.ts';
import { aPod, eventually, memoryLog, type PodFolders } from '../../ipc/fixtures.ts';
import { commandEnvironment, loadExecutorConfig } from '../../skill-executor/config.ts';
import { runExecutor } from '../../skill-executor/executor.ts';
import { loadConfig } from '../config.ts';
import { buildTools } from './registry.ts';

const SIGNAL = new AbortController().signal;

/** Calls one of the run's tools; the text is what the model would read. */
async function callTool(pod: PodFolders, name: string, input: object, env: Record<string, string> = {}) {
  const context = { config: loadConfig(env), paths: pod.paths, log: memoryLog(), startedAt: Date.now() - 60_000 };
  const tool = (await buildTools(context)).find((candidate) => candidate.name === name);
  if (!tool) throw new Error(`No tool ${name}`);
  return tool.execute(input, SIGNAL);
}

async function anExecutor(pod: PodFolders, name: string) {
  const stop = new AbortController();
  const env = { PATH: process.env['PATH'], SKILL_NAME: name };
  const ended = runExecutor({
    config: loadExecutorConfig(env),
    paths: pod.paths,
    env: commandEnvironment(env),
    log: memoryLog(),
    stop: stop.signal,
  });
  onTestFinished(() => {
    stop.abort();
    return ended;
  });
  await eventually(() => readJsonIfComplete(pod.paths.toHost(`/ipc/tools/executor-${name}.json`)));
}

describe('execute_command', () => {
  it('is run by a skill container and shows output, errors and exit code', async () => {
    const pod = await aPod();
    await anExecutor(pod, 'tools');
    expect(await callTool(pod, 'execute_command', { command: 'echo out; echo err >&2; exit 4' })).toBe(
      'out\nSTDERR: err\n(exit code: 4)',
    );
    expect(await callTool(pod, 'execute_command', { command: 'true' })).toBe('(no output)');
    expect(await callTool(pod, 'execute_command', { command: 'sleep 9', timeout: 1 })).toContain('(command timed out)');
  });

  it('leaves neither request nor result behind', async () => {
    const pod = await aPod();
    await anExecutor(pod, 'tools');
    await callTool(pod, 'execute_command', { command: 'true' });
    const names = await readdir(pod.paths.toHost('/ipc/tools'));
    expect(names.filter((name) => name.startsWith('exec-'))).toEqual([]);
  });

  it('goes to the skill that it names [RUN-W30]', async () => {
    const pod = await aPod();
    for (const name of ['a', 'b']) await anExecutor(pod, name);
    expect(await callTool(pod, 'execute_command', { command: 'echo $SKILL_NAME', target: 'b' })).toBe('b');
  });

  it('fails at once when no skill container can run it', async () => {
    const call = callTool(await aPod(), 'execute_command', { command: 'true' });
    await expect(call).rejects.toThrow('No skill container in this run can execute commands.');
  });

  it('fails at once, naming those there are, when it names another', async () => {
    const pod = await aPod();
    await anExecutor(pod, 'k8s-ops');
    const call = callTool(pod, 'execute_command', { command: 'true', target: 'github' });
    await expect(call).rejects.toThrow('No skill container is called github. There are: k8s-ops.');
  });

  it('waits for an unmodified skill image, which announces nothing, when the pod has one', async () => {
    const pod = await aPod();
    const answer = callTool(pod, 'execute_command', { command: 'ls' }, { SKILL_EXECUTORS: 'legacy' });
    const folder = pod.paths.toHost('/ipc/tools');
    const name = await eventually(async () =>
      (await readdir(folder)).find((entry) => entry.startsWith('exec-request-')),
    );
    expect(JSON.parse(await readFile(`${folder}/${name}`, 'utf8'))).toMatchObject({
      command: 'ls',
      args: [],
      workDir: '/workspace',
      timeout: 30,
    });
    await writeFileAtomic(`${folder}/${name.replace('request', 'result')}`, '{"id":"1","exitCode":0,"stdout":"a\\n"}');
    expect(await answer).toBe('a');
  });
});

describe('the tools of a run', () => {
  const offered = async (env: Record<string, string>) => {
    const context = { config: loadConfig(env), paths: (await aPod()).paths, log: memoryLog(), startedAt: Date.now() };
    return (await buildTools(context)).map(({ name }) => name).sort();
  };

  it('are those that its policy allows, so that the model is offered no other [RUN-W55]', async () => {
    expect(await offered({ TOOLS_ALLOW: 'read_file,execute_command', TOOLS_DENY: 'execute_command' })).toEqual([
      'read_file',
    ]);
    expect(await offered({ TOOLS_ALLOW: '' })).toEqual([]);
    expect(await offered({})).toContain('execute_command');
  });
});

describe('send_channel_message', () => {
  const sent = async (pod: PodFolders) => {
    const folder = pod.paths.toHost('/ipc/messages');
    const names = await readdir(folder);
    return Promise.all(names.map(async (name) => JSON.parse(await readFile(`${folder}/${name}`, 'utf8'))));
  };
  const source = { SOURCE_CHANNEL: 'slack', SOURCE_CHAT_ID: 'C1' };

  it.each([
    [{ text: 'hi' }, { channel: 'slack', chatId: 'C1', text: 'hi' }],
    [
      { text: 'hi', chatId: 'C2' },
      { channel: 'slack', chatId: 'C2', text: 'hi' },
    ],
    [
      { text: 'hi', channel: 'discord' },
      { channel: 'discord', chatId: '', text: 'hi' },
    ],
  ])('queues %j', async (input, message) => {
    const pod = await aPod();
    await callTool(pod, 'send_channel_message', input, source);
    expect(await sent(pod)).toEqual([message]);
  });

  it('fails when the task came from no channel and none is given', async () => {
    const pod = await aPod();
    await expect(callTool(pod, 'send_channel_message', { text: 'hi' })).rejects.toThrow('came from no channel');
    expect(await sent(pod)).toEqual([]);
  });
});

describe('MCP tools', () => {
  const manifest = {
    tools: [{ name: 'docs_find', description: 'Find', server: 'docs', timeout: 5, inputSchema: { type: 'object' } }],
  };

  it('come from the manifest and are answered through files', async () => {
    const pod = await aPod();
    const folder = pod.paths.toHost('/ipc/tools');
    await writeFile(`${folder}/mcp-tools.json`, JSON.stringify(manifest));
    const answer = callTool(pod, 'docs_find', { query: 'x' });
    const name = await eventually(async () =>
      (await readdir(folder)).find((entry) => entry.startsWith('mcp-request-')),
    );
    expect(JSON.parse(await readFile(`${folder}/${name}`, 'utf8'))).toMatchObject({
      server: 'docs',
      tool: 'docs_find',
      arguments: { query: 'x' },
    });
    const result = { success: true, content: [{ type: 'text', text: 'found' }] };
    await writeFileAtomic(`${folder}/${name.replace('request', 'result')}`, JSON.stringify(result));
    expect(await answer).toBe('found');
  });

  it('are awaited when they are expected [RUN-W49]', async () => {
    const pod = await aPod();
    const context = { config: loadConfig({ MCP_ENABLED: 'true' }), paths: pod.paths, log: memoryLog(), startedAt: 0 };
    const tools = buildTools(context);
    await writeFileAtomic(pod.paths.toHost('/ipc/tools/mcp-tools.json'), JSON.stringify(manifest));
    expect((await tools).map(({ name }) => name)).toContain('docs_find');
  });
});
