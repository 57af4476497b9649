import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeFileAtomic } from '../ipc/files.ts';
import { aPod, eventually, type PodFolders } from '../ipc/fixtures.ts';
import { loadBridgeConfig } from './config.ts';
import { aBridge, MemoryBus } from './fixtures.ts';

const RESULT = {
  status: 'success',
  response: 'hi',
  metrics: { durationMs: 1, inputTokens: 2, outputTokens: 3, toolCalls: 4 },
};

const put = (pod: PodFolders, path: string, content: unknown) =>
  writeFileAtomic(pod.paths.toHost(`/ipc/${path}`), typeof content === 'string' ? content : JSON.stringify(content), {
    scratch: pod.paths.toHost('/ipc/.tmp'),
  });

const summary = (bus: MemoryBus) => bus.stored.map(({ subject, body }) => [subject, JSON.parse(body).data]);

describe('the bridge', () => {
  it('publishes the result as the completion and ends [RUN-120]', async () => {
    const pod = await aPod();
    const bus = new MemoryBus();
    const { ended } = aBridge(pod, bus);
    await put(pod, 'output/result.json', JSON.stringify(RESULT, null, 2));
    expect(await ended).toBe('completed');
    expect(bus.stored).toHaveLength(1);
    expect(bus.stored[0]?.subject).toBe('sympozium.agent.run.completed');
    expect(JSON.parse(bus.stored[0]?.body ?? '')).toEqual({
      topic: 'agent.run.completed',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/),
      metadata: { agentRunID: 'run-1', instanceName: 'inst', namespace: 'team' },
      data: RESULT,
    });
  });

  it('publishes neither completion nor stream when a gate decides, and still ends [RUN-121]', async () => {
    const pod = await aPod();
    const bus = new MemoryBus();
    const { ended } = aBridge(pod, bus, { GATE_SUPPRESS_COMPLETION: 'true' });
    await put(pod, 'output/stream-0.json', { type: 'text', content: 'x', index: 0 });
    await put(pod, 'output/status.json', { phase: 'thinking' });
    await put(pod, 'messages/send-1.json', { text: 'hello' });
    await put(pod, 'output/result.json', RESULT);
    expect(await ended).toBe('completed');
    // Which of them the bridge meets first depends on when it looks.
    expect(bus.stored.map(({ subject }) => subject).sort()).toEqual([
      'sympozium.agent.status.update',
      'sympozium.channel.message.send',
    ]);
  });

  it('lets nothing out that a denied tool wrote, however often, and all else [CTL-WA2]', async () => {
    const pod = await aPod();
    const bus = new MemoryBus();
    const { ended } = aBridge(pod, bus, { TOOLS_DENY: 'send_channel_message,schedule_task' });
    for (let index = 0; index < 50; index += 1) await put(pod, `messages/send-${index}.json`, { text: 'psst' });
    await put(pod, 'schedules/s.json', { name: 's' });
    await put(pod, 'spawn/request-1.json', { task: 't' });
    await put(pod, 'output/result.json', RESULT);
    expect(await ended).toBe('completed');
    expect(bus.stored.map(({ subject }) => subject)).toEqual([
      'sympozium.agent.spawn.request',
      'sympozium.agent.run.completed',
    ]);
  });

  it('publishes each file of spawn, messages and schedules once, with run and instance [RUN-122]', async () => {
    const pod = await aPod();
    const bus = new MemoryBus();
    const { ended } = aBridge(pod, bus);
    await put(pod, 'messages/any-name', { text: 'm' });
    await put(pod, 'spawn/request-1.json', { task: 's' });
    await put(pod, 'schedules/schedule-1.json', { name: 'c' });
    await eventually(() => bus.stored.length === 3);
    await put(pod, 'output/result.json', RESULT);
    await ended;
    expect(new Map(summary(bus).map(([subject, data]) => [subject, data]))).toEqual(
      new Map<string, unknown>([
        ['sympozium.channel.message.send', { text: 'm' }],
        ['sympozium.agent.spawn.request', { task: 's' }],
        ['sympozium.schedule.upsert', { name: 'c' }],
        ['sympozium.agent.run.completed', RESULT],
      ]),
    );
    for (const { body } of bus.stored) {
      expect(JSON.parse(body).metadata).toMatchObject({ agentRunID: 'run-1', instanceName: 'inst' });
    }
    expect(bus.attempts).toBe(4);
  });

  it('publishes on the subjects of its run when it has such [RUN-W61] [RUN-W26a]', async () => {
    const pod = await aPod();
    const bus = new MemoryBus();
    const { ended } = aBridge(pod, bus, { RUN_SUBJECT: 'sympozium.run.team.run-1.uid-7', TRACEPARENT: '00-a-b-01' });
    for (const [path, content] of Object.entries({
      'messages/a.json': {},
      'spawn/a.json': {},
      'schedules/a.json': {},
      'tools/exec-request-1.json': {},
      'output/stream-0.json': {},
      'output/status.json': {},
    })) {
      await put(pod, path, content);
    }
    await put(pod, 'output/result.json', RESULT);
    await ended;
    const events = bus.stored.map(({ subject }) => subject.replace('sympozium.run.team.run-1.uid-7.', ''));
    expect(events.sort()).toEqual(['completed', 'exec', 'message', 'schedule', 'spawn', 'status', 'stream']);
    expect(bus.stored.at(-1)).toMatchObject({
      id: 'uid-7-output/result.json',
      subject: 'sympozium.run.team.run-1.uid-7.completed',
      headers: { traceparent: '00-a-b-01' },
    });
  });

  it('keeps chunks in order, the result last, and frees the space of chunks that are stored', async () => {
    const pod = await aPod();
    const bus = new MemoryBus();
    const indexes = Array.from({ length: 12 }, (_, index) => index);
    for (const index of indexes.toReversed()) await put(pod, `output/stream-${index}.json`, { index });
    await put(pod, 'output/result.json', RESULT);
    await aBridge(pod, bus).ended;
    expect(summary(bus).map(([, data]) => data)).toEqual([...indexes.map((index) => ({ index })), RESULT]);
    expect(await readdir(pod.paths.toHost('/ipc/output'))).toEqual(['result.json']);
  });

  it('does not need an agent that writes atomically: it waits until a file is complete [RUN-W25]', async () => {
    const pod = await aPod();
    const bus = new MemoryBus();
    const path = pod.paths.toHost('/ipc/output/result.json');
    await writeFile(path, '');
    const { ended } = aBridge(pod, bus, {}, { minPoll: 10, incomplete: 5000 });
    await writeFile(path, JSON.stringify(RESULT).slice(0, 20));
    await sleep(100);
    await writeFile(path, JSON.stringify(RESULT));
    await ended;
    expect(summary(bus)).toEqual([['sympozium.agent.run.completed', RESULT]]);
  });

  it('finds what was there before it, and files whose events it missed [RUN-W25]', async () => {
    const pod = await aPod();
    const bus = new MemoryBus();
    await rm(pod.paths.toHost('/ipc/messages'), { recursive: true });
    await put(pod, 'spawn/early.json', { task: 'x' });
    const { ended } = aBridge(pod, bus);
    await eventually(() => bus.stored.length === 1);
    await rm(pod.paths.toHost('/ipc/messages'), { recursive: true });
    await mkdir(pod.paths.toHost('/ipc/messages'));
    await put(pod, 'messages/unseen.json', { text: 'x' });
    await eventually(() => bus.stored.length === 2);
    await put(pod, 'output/result.json', RESULT);
    await ended;
  });
});

describe('a bridge whose bus is away', () => {
  it('loses nothing and ends when the bus has come [RUN-W25]', async () => {
    const pod = await aPod();
    const bus = new MemoryBus();
    bus.available = false;
    const { ended } = aBridge(pod, bus);
    await put(pod, 'messages/a.json', { text: 'a' });
    await put(pod, 'output/result.json', RESULT);
    await eventually(() => bus.attempts >= 3);
    bus.available = true;
    expect(await ended).toBe('completed');
    expect(summary(bus)).toEqual([
      ['sympozium.channel.message.send', { text: 'a' }],
      ['sympozium.agent.run.completed', RESULT],
    ]);
  });

  it('publishes again under the same id when an acknowledgement is lost', async () => {
    const pod = await aPod();
    const bus = new MemoryBus();
    bus.lostAcks = 2;
    await put(pod, 'output/result.json', RESULT);
    await aBridge(pod, bus).ended;
    expect(bus.attempts).toBe(3);
    expect(bus.stored).toHaveLength(1);
  });

  it('does not let one file that is always refused hold up the result', async () => {
    const pod = await aPod();
    const bus = new MemoryBus();
    bus.refuses = ({ subject }) => subject.endsWith('spawn.request');
    await put(pod, 'spawn/forbidden.json', {});
    await put(pod, 'output/result.json', RESULT);
    expect(await aBridge(pod, bus).ended).toBe('completed');
    expect(summary(bus)).toEqual([['sympozium.agent.run.completed', RESULT]]);
  });

  it('ends soon when it is stopped', async () => {
    const pod = await aPod();
    const bus = new MemoryBus();
    bus.available = false;
    await put(pod, 'messages/a.json', {});
    const { ended, stop } = aBridge(pod, bus);
    await eventually(() => bus.attempts > 0);
    stop();
    expect(await ended).toBe('stopped');
  });

  it('ends soon when it is stopped while a publish waits', async () => {
    const pod = await aPod();
    const bus = new MemoryBus();
    bus.publish = () => {
      bus.attempts += 1;
      return new Promise(() => undefined);
    };
    await put(pod, 'messages/a.json', {});
    const { ended, stop } = aBridge(pod, bus);
    await eventually(() => bus.attempts > 0);
    stop();
    expect(await ended).toBe('stopped');
  });

  it('stores everything exactly once, however often it is killed and the bus fails', async () => {
    const kinds = ['messages', 'spawn', 'schedules', 'output'] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ kind: fc.constantFrom(...kinds), restart: fc.boolean(), lostAcks: fc.nat(2) }), {
          maxLength: 8,
        }),
        async (steps) => {
          const pod = await aPod();
          const bus = new MemoryBus();
          let bridge = aBridge(pod, bus);
          for (const [index, { kind, restart, lostAcks }] of steps.entries()) {
            bus.lostAcks = lostAcks;
            await put(pod, `${kind}/${kind === 'output' ? 'stream-' : ''}${index}.json`, { index });
            if (!restart) continue;
            bridge.stop();
            await bridge.ended;
            bridge = aBridge(pod, bus);
          }
          await put(pod, 'output/result.json', RESULT);
          await bridge.ended;
          const sent = summary(bus).map(([, data]) => data);
          expect(sent).toHaveLength(steps.length + 1);
          expect(sent.at(-1)).toEqual(RESULT);
        },
      ),
      { numRuns: 15 },
    );
  });
});

describe('a run that ends badly', () => {
  it('is completed with an error when it is done but left no result [RUN-W03]', async () => {
    const pod = await aPod();
    const bus = new MemoryBus();
    const { ended } = aBridge(pod, bus);
    await put(pod, 'done', 'done');
    expect(await ended).toBe('completed');
    expect(summary(bus)).toEqual([
      [
        'sympozium.agent.run.completed',
        expect.objectContaining({ status: 'error', error: 'agent ended without a result' }),
      ],
    ]);
  });

  it('gets the time to write its result when done comes first', async () => {
    const pod = await aPod();
    const bus = new MemoryBus();
    const { ended } = aBridge(pod, bus, {}, { minPoll: 10, missingResult: 5000 });
    await put(pod, 'done', 'done');
    await sleep(50);
    await put(pod, 'output/result.json', RESULT);
    await ended;
    expect(summary(bus)).toEqual([['sympozium.agent.run.completed', RESULT]]);
  });

  it('is completed with an error when its result can never be read [RUN-W25]', async () => {
    const pod = await aPod();
    const bus = new MemoryBus();
    await put(pod, 'output/result.json', '{"status":"succ');
    await aBridge(pod, bus).ended;
    expect(summary(bus)).toEqual([
      [
        'sympozium.agent.run.completed',
        expect.objectContaining({ status: 'error', error: 'agent wrote an unreadable result' }),
      ],
    ]);
  });

  it('gets its result cut when it is larger than a message may be [RUN-W22]', async () => {
    const pod = await aPod();
    const bus = new MemoryBus();
    bus.payloadLimit = 20_000;
    await put(pod, 'messages/huge.json', { text: 'x'.repeat(30_000) });
    await put(pod, 'output/result.json', { ...RESULT, response: 'x'.repeat(30_000), extra: 1 });
    await aBridge(pod, bus).ended;
    expect(summary(bus)).toEqual([
      [
        'sympozium.agent.run.completed',
        { ...RESULT, response: expect.stringMatching(/^x{9000,}$/), truncated: true, extra: 1 },
      ],
    ]);
  });
});

describe('what a bridge prepares', () => {
  it('is folders that every user of the pod can write, and an empty MCP manifest [RUN-W49]', async () => {
    const pod = await aPod();
    const tools = pod.paths.toHost('/ipc/tools');
    await rm(tools, { recursive: true });
    aBridge(pod, new MemoryBus());
    expect(await eventually(() => readFile(`${tools}/mcp-tools.json`, 'utf8').catch(() => undefined))).toBe(
      '{"tools":[]}',
    );
    for (const folder of ['input', 'output', 'spawn', 'tools', 'messages', 'schedules']) {
      expect((await stat(pod.paths.toHost(`/ipc/${folder}`))).mode & 0o777).toBe(0o777);
    }
  });

  it.each([
    ['one exists', {}, '{"tools":[1]}'],
    ['MCP is configured', { MCP_ENABLED: 'true' }, undefined],
  ])('is no MCP manifest when %s', async (_when, env, before) => {
    const pod = await aPod();
    const path = pod.paths.toHost('/ipc/tools/mcp-tools.json');
    if (before) await writeFile(path, before);
    await put(pod, 'output/result.json', RESULT);
    await aBridge(pod, new MemoryBus(), env).ended;
    expect(await readFile(path, 'utf8').catch(() => undefined)).toBe(before);
  });
});

describe('what the bus addresses to a run', () => {
  const inputs = async (pod: PodFolders, folder: string, start: string) => {
    const names = (await readdir(pod.paths.toHost(`/ipc/${folder}`))).filter((name) => name.startsWith(start));
    return Promise.all(names.map((name) => readFile(pod.paths.toHost(`/ipc/${folder}/${name}`), 'utf8')));
  };

  it.each([
    ['sympozium.agent.followup.run-1', {}, 'input', 'followup-'],
    ['sympozium.tool.exec.result.run-1', {}, 'tools', 'exec-result-'],
    ['sympozium.run.team.run-1.u.followup', { RUN_SUBJECT: 'sympozium.run.team.run-1.u' }, 'input', 'followup-'],
  ])('becomes a file when it comes on %s', async (subject, env, folder, start) => {
    const pod = await aPod();
    const bus = new MemoryBus();
    aBridge(pod, bus, env);
    await eventually(() => bus.subjects.includes(subject));
    bus.deliver(subject, 'no JSON');
    bus.deliver(subject, '{"topic":"x","data":{"text":"more"}}');
    expect(await eventually(async () => (await inputs(pod, folder, start)).at(0))).toBe('{"text":"more"}');
  });
});

describe('configuration of the bridge', () => {
  it('lets flags win over the environment', () => {
    const flags = ['--ipc-path', '/x', '--agent-run-id', 'r', '--instance=i', '--event-bus-url', 'nats://n'];
    expect(loadBridgeConfig({ AGENT_RUN_ID: 'other', EVENT_BUS_URL: 'nats://other' }, flags)).toMatchObject({
      ipcPath: '/x',
      run: { id: 'r', instance: 'i' },
      busUrl: 'nats://n',
    });
  });

  it('fails when no run is named', () => {
    expect(() => loadBridgeConfig({}, [])).toThrow('AGENT_RUN_ID or --agent-run-id must be set');
  });
});
