import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { aPod, eventually } from '../ipc/fixtures.ts';
import { loadConfig } from './config.ts';
import { scriptedRun, streamOf } from './fixtures.ts';
import { withTaskFile } from './run.ts';
import { buildSystemPrompt } from './system-prompt.ts';

describe('a run', () => {
  it('does what an ordinary task asks for: lists, writes and tells', async () => {
    const pod = await aPod();
    await writeFile(pod.paths.toHost('/workspace/notes.txt'), 'n');
    const outcome = await scriptedRun(pod, 'Which files are in /workspace? Write a haiku about them to haiku.txt.');
    expect(outcome).toMatchObject({ status: 'success', metrics: { toolCalls: 2 } });
    expect(outcome.response).toContain('- notes.txt');
    const poem = await readFile(pod.paths.toHost('/workspace/haiku.txt'), 'utf8');
    expect(poem.trim().split('\n')).toHaveLength(3);
    expect(poem).toContain('notes.txt');
    expect(outcome.response).toContain(poem.trim());
  });

  it('ends with the exact error when the tool budget is used up [RUN-123]', async () => {
    const calls = '[[call: list_directory {"path":"/workspace"}]]'.repeat(5);
    const outcome = await scriptedRun(await aPod(), calls, { MAX_TOOL_ITERATIONS: '3' });
    expect(outcome).toMatchObject({ status: 'error', error: 'exceeded maximum tool-call iterations (3)' });
    expect(outcome.metrics.toolCalls).toBe(3);
  });

  it('goes on when a tool fails, is unknown or gets arguments that do not fit [RUN-123]', async () => {
    const pod = await aPod();
    const task = [
      '[[call: read_file {"path":"/etc/passwd"}]]',
      '[[call: no_such_tool {}]]',
      '[[call: read_file {"wrong":1}]]',
      '[[say: all the same]]',
    ].join('');
    const outcome = await scriptedRun(pod, task);
    expect(outcome).toMatchObject({ status: 'success', response: 'all the same', metrics: { toolCalls: 3 } });
    const results = (await streamOf(pod)).filter(({ type }) => type === 'tool_result');
    expect(results).toHaveLength(3);
    expect(results.every(({ content }) => content.startsWith('Error: '))).toBe(true);
  });

  it('answers with the text said before when the last turn is empty [RUN-123]', async () => {
    const task = '[[say: first]][[call: list_directory {"path":"/workspace"}]][[say:  ]]';
    expect(await scriptedRun(await aPod(), task)).toMatchObject({ status: 'success', response: 'first' });
  });

  it('adds up the tokens of all turns', async () => {
    const task = '[[tokens: 10 20]][[call: list_directory {"path":"/workspace"}]][[say: done]]';
    const { metrics } = await scriptedRun(await aPod(), task);
    expect(metrics).toMatchObject({ inputTokens: 20, outputTokens: 40 });
  });

  it('tells what was spent when it fails', async () => {
    const task = '[[tokens: 10 20]][[call: list_directory {"path":"/workspace"}]][[fail: quota gone]]';
    const outcome = await scriptedRun(await aPod(), task);
    expect(outcome).toMatchObject({ status: 'error', error: 'model request failed: quota gone' });
    expect(outcome.metrics).toMatchObject({ inputTokens: 10, outputTokens: 20, toolCalls: 1 });
  });

  it('ends when its time is up [RUN-124]', async () => {
    const outcome = await scriptedRun(await aPod(), '[[stall]]', { RUN_TIMEOUT: '100ms' });
    expect(outcome).toMatchObject({ status: 'error', error: 'run timed out after 100ms' });
  });

  it('ends as cancelled when it is told to stop', async () => {
    const cancellation = new AbortController();
    setTimeout(() => cancellation.abort(new Error('cancelled')), 50);
    const outcome = await scriptedRun(await aPod(), '[[stall]]', {}, { cancelled: cancellation.signal });
    expect(outcome).toMatchObject({ status: 'error', error: 'cancelled' });
  });

  it('is an error when there is no task', async () => {
    expect(await scriptedRun(await aPod(), ' ')).toMatchObject({
      status: 'error',
      error: expect.stringMatching(/^no task/),
    });
  });

  it('is an error when the answer breaks off', async () => {
    const outcome = await scriptedRun(await aPod(), '[[malformed]]');
    expect(outcome).toMatchObject({ status: 'error', error: expect.stringContaining('malformed answer') });
  });

  it('does not wait for an MCP manifest when none is expected [RUN-W49]', async () => {
    const startedAt = Date.now();
    await scriptedRun(await aPod(), '[[say: x]]');
    expect(Date.now() - startedAt).toBeLessThan(4000);
  });

  it('takes the task from the file when the environment has none [RUN-W16]', async () => {
    const pod = await aPod();
    const task = 'x'.repeat(200_000);
    await writeFile(pod.paths.toHost('/ipc/input/task.json'), JSON.stringify({ task }));
    expect((await withTaskFile(loadConfig({}), pod.paths)).task).toBe(task);
    expect((await withTaskFile(loadConfig({ TASK: 'mine' }), pod.paths)).task).toBe('mine');
  });
});

describe('the stream of a run', () => {
  it('shows text while the model still speaks, and in the end all of it [RUN-W25]', async () => {
    const pod = await aPod();
    const cancellation = new AbortController();
    const run = scriptedRun(pod, '[[say: early]][[stall]]', {}, { cancelled: cancellation.signal });
    const [first] = await eventually(async () => {
      const chunks = await streamOf(pod);
      return chunks.length > 0 && chunks;
    });
    expect(first).toEqual({ type: 'text', content: 'early', index: 0 });
    cancellation.abort(new Error('cancelled'));
    await run;
  });

  it('holds text, tool calls and their results in the order in which they happened', async () => {
    const pod = await aPod();
    await scriptedRun(pod, '[[say: Looking.]][[call: list_directory {"path":"/workspace"}]][[say: Nothing there.]]');
    const chunks = await streamOf(pod);
    expect(chunks.map(({ index }) => index)).toEqual(chunks.map((_, position) => position));
    expect(chunks.map(({ type }) => type)).toEqual(['text', 'tool_use', 'tool_result', 'text']);
    expect(JSON.parse(chunks[1]?.content ?? '')).toEqual({ name: 'list_directory', input: { path: '/workspace' } });
    expect(chunks[2]).toMatchObject({ content: '(empty)', toolId: chunks[1]?.toolId });
  });

  it('is cut into pieces that the bus can take when the text is huge', async () => {
    const pod = await aPod();
    const outcome = await scriptedRun(pod, '[[huge: 1MB]]');
    const chunks = await streamOf(pod);
    expect(chunks.map(({ content }) => content).join('')).toBe(outcome.response);
    expect(outcome.response).toHaveLength(1024 * 1024);
    expect(Math.max(...chunks.map(({ content }) => content.length))).toBeLessThanOrEqual(64 * 1024);
  });
});

describe('the system prompt', () => {
  it('is the configured one and every visible skill file by name', async () => {
    const pod = await aPod();
    await writeFile(pod.paths.toHost('/skills/b.md'), 'Skill B');
    await writeFile(pod.paths.toHost('/skills/a.md'), 'Skill A $1 $&');
    await writeFile(pod.paths.toHost('/skills/.hidden'), 'Secret');
    const prompt = await buildSystemPrompt(loadConfig({ SYSTEM_PROMPT: 'Be kind.' }), pod.paths);
    expect(prompt).toBe('Be kind.\n\n---\n\nSkill A $1 $&\n\n---\n\nSkill B');
  });

  it('tells of the legacy memory when that is on', async () => {
    const pod = await aPod();
    await writeFile(pod.paths.toHost('/memory/MEMORY.md'), 'Likes tea.');
    expect(await buildSystemPrompt(loadConfig({ MEMORY_ENABLED: 'true' }), pod.paths)).toContain('Likes tea.');
    expect(await buildSystemPrompt(loadConfig({}), pod.paths)).not.toContain('Likes tea.');
  });
});
