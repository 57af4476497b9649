import { describe, expect, it } from 'vitest';
import { scriptedTurns } from './script-directives.ts';
import { improvise } from './script-improvisation.ts';
import { createScriptedModel } from './scripted-model.ts';

const TOOLS = new Set(['list_directory', 'read_file', 'write_file', 'execute_command', 'send_channel_message']);

describe('directives', () => {
  it('part a task into turns, each ended by a call', () => {
    const task = 'Do it [[say: a]][[call: read_file {"path":"x"}]] and [[stall: 2s]][[say: b]]';
    expect(scriptedTurns(task)).toEqual([
      [
        { kind: 'say', text: 'a' },
        { kind: 'call', tool: 'read_file', input: { path: 'x' } },
      ],
      [
        { kind: 'stall', milliseconds: 2000 },
        { kind: 'say', text: 'b' },
      ],
    ]);
  });

  it('may hold brackets in the JSON of a call', () => {
    expect(scriptedTurns('[[call: t {"a":[[1]]}]]')?.[0]).toEqual([{ kind: 'call', tool: 't', input: { a: [[1]] } }]);
  });

  it.each([
    ['[[stall]]', { kind: 'stall' }],
    ['[[fail: no money]]', { kind: 'fail', message: 'no money' }],
    ['[[malformed]]', { kind: 'malformed' }],
    ['[[huge: 5MB]]', { kind: 'huge', bytes: 5 * 1024 * 1024 }],
    ['[[huge: 10kb]]', { kind: 'huge', bytes: 10_240 }],
    ['[[crash: 137]]', { kind: 'crash', code: 137 }],
    ['[[exit-without-result]]', { kind: 'crash', code: 0 }],
    ['[[tokens: 10 20]]', { kind: 'tokens', input: 10, output: 20 }],
  ])('understand %s', (task, effect) => {
    expect(scriptedTurns(task)).toEqual([[effect]]);
  });

  it.each(['no directive', 'an [[unknown: one]]', '[[say: open', '[[call: tool {broken]]'])(
    'are absent from %j',
    (task) => {
      expect(scriptedTurns(task)).toBeUndefined();
    },
  );
});

describe('improvisation', () => {
  const firstCall = (task: string) => improvise(task, [], TOOLS).find((effect) => effect.kind === 'call');

  it.each([
    ['Which files are in /workspace?', 'list_directory', { path: '/workspace' }],
    ['List /skills please', 'list_directory', { path: '/skills' }],
    ['Read notes.txt', 'read_file', { path: 'notes.txt' }],
    ['Summarize /workspace/docs/a.md', 'read_file', { path: '/workspace/docs/a.md' }],
    ['Run `uptime` for me', 'execute_command', { command: 'uptime' }],
    ['Write "hello there" to out.txt', 'write_file', { path: 'out.txt', content: 'hello there\n' }],
    ['Send "good morning" to slack', 'send_channel_message', { channel: 'slack', text: 'good morning' }],
  ])('calls the tool that %j asks for', (task, tool, input) => {
    expect(firstCall(task)).toEqual({ kind: 'call', tool, input });
  });

  it('calls no tool that is not offered', () => {
    expect(improvise('List the files', [], new Set())[0]?.kind).toBe('say');
  });

  it.each([
    ['What is 12 * 3?', '12 * 3 = 36'],
    ['Hello!', expect.stringMatching(/^Hello!/)],
    ['Explain monads', expect.stringContaining('Explain monads')],
  ])('answers %j in words', (task, text) => {
    expect(improvise(task, [], TOOLS)).toEqual([{ kind: 'say', text }]);
  });

  it('tells of a failure instead of hiding it', () => {
    const seen = [{ tool: 'read_file', input: { path: 'x.txt' }, text: 'Error: x.txt does not exist.' }];
    expect(improvise('Read x.txt', seen, TOOLS)).toEqual([
      { kind: 'say', text: 'I tried read_file, but it failed: x.txt does not exist.' },
    ]);
  });
});

describe('the scripted model', () => {
  it('says the same words each time, one by one', async () => {
    const speak = async () => {
      const { stream } = await createScriptedModel({ wordDelayMs: 0 }).doStream({
        prompt: [{ role: 'user', content: [{ type: 'text', text: 'Write a haiku.' }] }],
      });
      const words: string[] = [];
      for await (const part of stream) if (part.type === 'text-delta') words.push(part.delta);
      return words;
    };
    const words = await speak();
    expect(words.length).toBeGreaterThan(8);
    expect(await speak()).toEqual(words);
  });
});
