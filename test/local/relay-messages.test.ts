import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DEAD_LETTER_STREAM, STREAM } from '../../shared/bus/subjects.ts';
import type { Reply } from '../../shared/delivery/reply.ts';
import { sign } from '../../shared/delivery/signature.ts';
import {
  aNatsServer,
  aRelay,
  aRouter,
  CHANNEL,
  dataOf,
  publishSurely,
  type RelayWorld,
  TO_RELAY,
  theFunctions,
  until,
} from './relay-world.ts';

const SETTLED: Reply = { outcome: 'settled' };

async function aWorld(answer: (data: unknown, delivery: number) => Reply, deliveryLimit?: number) {
  const nats = await aNatsServer();
  await nats.start();
  const functions = await theFunctions((call) => {
    const [data] = dataOf([call]);
    return answer(data, call.type === 'ai.sympozium.message' ? call.data.deliveries : 0);
  });
  const places = { natsUrl: nats.url, functionsUrl: functions.url };
  const world = await aRelay(places, undefined, deliveryLimit === undefined ? {} : { deliveryLimit });
  await until(() => world.relay.missing().length === 0);
  return { nats, ...functions, ...world };
}

/** What the tests look at of the relay's answers. */
interface Body {
  code?: string;
  sequence?: number;
  duplicate?: boolean;
  items?: { sequence: number; outcome?: string; reason?: string }[];
}

/** A signed request, as the functions' client makes it. */
async function request({ relay }: RelayWorld, method: 'GET' | 'POST', path: string, body?: unknown, key = TO_RELAY) {
  const text = body === undefined ? '' : JSON.stringify(body);
  const headers = { ...sign(key, randomUUID(), method === 'GET' ? path : text, new Date()) };
  const response = await fetch(relay.url + path, { method, headers, ...(method === 'POST' && { body: text }) });
  return { status: response.status, body: (await response.json()) as Body };
}

const letters = async (world: RelayWorld) => (await request(world, 'GET', '/dead-letters')).body.items ?? [];

describe('a message that a function cannot deal with', () => {
  it('comes again after a while when the function asks for a retry, and is not parked', async () => {
    const world = await aWorld((_data, delivery) => (delivery < 2 ? { outcome: 'retry', code: 'CONFLICT' } : SETTLED));
    await publishSurely(world.bus, 'm');
    await until(() => world.calls.length === 2);
    expect(dataOf(world.calls)).toEqual(['m', 'm']);
    expect(await letters(world)).toEqual([]);
  });

  it('is not overtaken by a later one when its function takes messages in order', async () => {
    const nats = await aNatsServer();
    await nats.start();
    const functions = await theFunctions((call) => {
      const [data] = dataOf([call]);
      const first = call.type === 'ai.sympozium.message' && call.data.deliveries === 1;
      return data === 'a' && first ? { outcome: 'requeueAfter', seconds: 0.5 } : SETTLED;
    });
    const router = aRouter({ inOrder: true });
    const { bus } = await aRelay({ natsUrl: nats.url, functionsUrl: functions.url }, [router]);
    for (const data of ['a', 'b', 'c']) await publishSurely(bus, data);
    await until(() => functions.calls.length === 4);
    expect(dataOf(functions.calls)).toEqual(['a', 'a', 'b', 'c']);
  });

  it('is parked with its reason when it fails for good, and goes to that function once more when replayed', async () => {
    let broken = true;
    const world = await aWorld(() => (broken ? { outcome: 'terminal', code: 'SPEC_INVALID' } : SETTLED));
    await publishSurely(world.bus, 'm');
    await until(async () => (await letters(world)).length === 1);
    const [letter] = await letters(world);
    expect(letter).toMatchObject({
      functionName: 'route-channel',
      subject: CHANNEL,
      originalSequence: 1,
      deliveries: 1,
      reason: 'SPEC_INVALID',
      payload: { data: 'm' },
    });

    const sequence = letter?.sequence;
    const replay = () => request(world, 'POST', '/dead-letters/replay', { sequences: [sequence] });
    expect((await replay()).body).toEqual({ items: [{ sequence, outcome: 'SPEC_INVALID' }] });
    expect(await letters(world)).toHaveLength(1);
    broken = false;
    expect((await replay()).body).toEqual({ items: [{ sequence, outcome: 'settled' }] });
    expect(await letters(world)).toEqual([]);
    expect((await replay()).body).toEqual({ items: [{ sequence, outcome: 'absent' }] });
    expect(dataOf(world.calls)).toEqual(['m', 'm', 'm']);
  });

  it('is parked when it has been tried as often as allowed', async () => {
    const world = await aWorld(() => ({ outcome: 'retry', code: 'UNKNOWN' }), 2);
    await publishSurely(world.bus, 'm');
    await until(async () => (await letters(world)).length === 1);
    expect(await letters(world)).toMatchObject([{ reason: 'DELIVERY_LIMIT.UNKNOWN', deliveries: 2 }]);
    expect(world.calls).toHaveLength(2);
  });

  it('is parked at once, and holds nothing up, when it cannot be decoded [CTL-WB8]', async () => {
    const world = await aWorld(() => SETTLED);
    const client = await world.nats.client();
    await client.jetstream().publish(CHANNEL, '{"half":');
    await client.jetstream().publish(CHANNEL, new Uint8Array([0xff, 0xfe]));
    await publishSurely(world.bus, 'good');
    await until(async () => (await letters(world)).length === 2);
    expect(await letters(world)).toMatchObject([{ reason: 'UNDECODABLE' }, { reason: 'UNDECODABLE' }]);
    await until(() => world.calls.length === 1);
    expect(dataOf(world.calls)).toEqual(['good']);
    const manager = await client.jetstreamManager();
    expect((await manager.streams.info(DEAD_LETTER_STREAM)).state.messages).toBe(2);
    expect(
      (await manager.consumers.info(STREAM, 'route-channel_sympozium_channel_message_received')).num_ack_pending,
    ).toBe(0);
  });
});

describe('publishing through the relay', () => {
  it('stores a message once, however often it is published with its id [CTL-WB9]', async () => {
    const world = await aWorld(() => SETTLED);
    const message = { id: 'uid-terminal', subject: 'sympozium.agent.run.completed', payload: { topic: 't' } };
    const answers = [];
    for (let n = 0; n < 3; n += 1) answers.push(await request(world, 'POST', '/publish', message));
    expect(answers.map(({ status, body }) => [status, body.sequence, body.duplicate])).toEqual([
      [200, 1, false],
      [200, 1, true],
      [200, 1, true],
    ]);
  });

  it('makes the stream anew when it was lost [CTL-WB3]', async () => {
    const world = await aWorld(() => SETTLED);
    const manager = await (await world.nats.client()).jetstreamManager();
    await manager.streams.delete(STREAM);
    await world.bus.publish({ id: '1', subject: 'sympozium.x', payload: 1 });
    expect(await world.bus.last('sympozium.x')).toMatchObject({ sequence: 1, payload: 1 });
  });

  it('gives back the newest message of exactly one subject', async () => {
    const world = await aWorld(() => SETTLED);
    const subject = 'sympozium.run.ns.a.uid.completed';
    await world.bus.publish({ id: '1', subject, payload: { n: 1 } });
    await world.bus.publish({ id: '2', subject, payload: { n: 2 } });
    await world.bus.publish({ id: '3', subject: 'sympozium.run.ns.b.uid.completed', payload: { n: 3 } });
    expect(await world.bus.last(subject)).toMatchObject({ subject, sequence: 2, payload: { n: 2 } });
    expect(await world.bus.last('sympozium.run.ns.a.other.completed')).toBeUndefined();
  });

  it.each([
    { when: 'the subject is not the bus’s', body: { id: '1', subject: 'elsewhere.x', payload: 1 } },
    { when: 'the subject only begins like ours', body: { id: '1', subject: 'sympozium-dead.x', payload: 1 } },
    { when: 'the subject has a wildcard', body: { id: '1', subject: 'sympozium.run.*', payload: 1 } },
    { when: 'the subject has an empty token', body: { id: '1', subject: 'sympozium..x', payload: 1 } },
    { when: 'there is no id', body: { subject: 'sympozium.x', payload: 1 } },
    { when: 'the body is no object', body: 'text' },
    {
      when: 'the message is larger than the bus takes',
      body: { id: '1', subject: 'sympozium.x', payload: 'x'.repeat(1_060_000) },
    },
  ])('is refused with 400 when $when', async ({ body }) => {
    const world = await aWorld(() => SETTLED);
    const answer = await request(world, 'POST', '/publish', body);
    expect([answer.status, answer.body.code]).toEqual([400, 'REQUEST_INVALID']);
  });

  it('refuses wildcards when reading', async () => {
    const world = await aWorld(() => SETTLED);
    for (const subject of ['sympozium.>', 'sympozium.run.*.x', '']) {
      const answer = await request(world, 'GET', `/messages/last?subject=${encodeURIComponent(subject)}`);
      expect(answer.status).toBe(400);
    }
  });
});
