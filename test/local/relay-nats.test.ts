import { setTimeout as sleep } from 'node:timers/promises';
import { nanos, RetentionPolicy, StorageType } from 'nats';
import { describe, expect, it } from 'vitest';
import { STREAM } from '../../shared/bus/subjects.ts';
import type { Reply } from '../../shared/delivery/reply.ts';
import { aNatsServer, aRelay, aRouter, CHANNEL, dataOf, publishSurely, theFunctions, until } from './relay-world.ts';

const SETTLED: Reply = { outcome: 'settled' };

describe('the relay and its bus', () => {
  it('loses nothing and doubles nothing when NATS is killed in the middle and comes back with its store [RUN-W26b] [CTL-WB1] [CTL-WB9]', async () => {
    const nats = await aNatsServer();
    await nats.start();
    const functions = await theFunctions(async () => {
      await sleep(40);
      return SETTLED;
    });
    const { relay, bus } = await aRelay({ natsUrl: nats.url, functionsUrl: functions.url });
    await until(() => relay.missing().length === 0);
    const ids = Array.from({ length: 60 }, (_, n) => `m${n}`);
    const publishing = ids.reduce((before, id) => before.then(() => publishSurely(bus, id)), Promise.resolve());
    for (const _outage of [1, 2]) {
      const before = functions.calls.length;
      await until(() => functions.calls.length > before + 5);
      await nats.kill();
      await sleep(300);
      await nats.start();
    }
    await publishing;
    await until(() => new Set(dataOf(functions.calls)).size === ids.length);
    // Long enough for what was not acknowledged to come again.
    await sleep(4_000);
    expect(dataOf(functions.calls).toSorted()).toEqual(ids.toSorted());
  });

  it('starts and serves without NATS, says so, and delivers once NATS comes [CTL-WB5]', async () => {
    const nats = await aNatsServer();
    const functions = await theFunctions(() => SETTLED);
    const { relay, bus } = await aRelay({ natsUrl: nats.url, functionsUrl: functions.url });
    const before = await fetch(`${relay.url}/readyz`);
    expect([before.status, await before.json()]).toEqual([503, { ready: false, missing: ['nats'] }]);
    expect((await fetch(`${relay.url}/healthz`)).status).toBe(200);
    await expect(bus.publish({ id: 'm', subject: CHANNEL, payload: 1 })).rejects.toThrow('503');
    await nats.start();
    await publishSurely(bus, 'first');
    await until(() => functions.calls.length === 1);
    expect((await fetch(`${relay.url}/readyz`)).status).toBe(200);
  });

  it('delivers what was published while it was down, once it is back [CTL-WB2] [RUN-W26b]', async () => {
    const nats = await aNatsServer();
    await nats.start();
    const functions = await theFunctions(() => SETTLED);
    const places = { natsUrl: nats.url, functionsUrl: functions.url };
    const first = await aRelay(places);
    await publishSurely(first.bus, 'before');
    await until(() => functions.calls.length === 1);
    await first.relay.stop();
    const client = await nats.client();
    await client.jetstream().publish(CHANNEL, JSON.stringify({ data: 'meanwhile' }));
    await aRelay(places);
    await until(() => functions.calls.length === 2);
    await sleep(500);
    expect(dataOf(functions.calls)).toEqual(['before', 'meanwhile']);
  });

  it('goes on with its consumer when a new version has other settings for it', async () => {
    const nats = await aNatsServer();
    await nats.start();
    const functions = await theFunctions(() => SETTLED);
    const places = { natsUrl: nats.url, functionsUrl: functions.url };
    const first = await aRelay(places);
    await publishSurely(first.bus, 'before');
    await until(() => functions.calls.length === 1);
    await first.relay.stop();
    const next = await aRelay(places, undefined, { ackWaitMs: 3_000 });
    await publishSurely(next.bus, 'after');
    await until(() => functions.calls.length === 2);
    expect(dataOf(functions.calls)).toEqual(['before', 'after']);
  });

  it('sends a message again when the relay stopped before the function replied [CTL-WB1]', async () => {
    const nats = await aNatsServer();
    await nats.start();
    const unanswered = await theFunctions(() => new Promise<Reply>(() => {}));
    const first = await aRelay({ natsUrl: nats.url, functionsUrl: unanswered.url }, [aRouter({ timeoutSeconds: -4 })]);
    await publishSurely(first.bus, 'm');
    await until(() => unanswered.calls.length > 0);
    await first.relay.stop();
    const functions = await theFunctions(() => SETTLED);
    await aRelay({ natsUrl: nats.url, functionsUrl: functions.url });
    await until(() => functions.calls.length === 1);
    expect(dataOf(functions.calls)).toEqual(['m']);
  });

  it('makes stream and consumer anew, and goes on, when they are deleted under it [CTL-WB3]', {
    timeout: 90_000,
  }, async () => {
    const nats = await aNatsServer();
    await nats.start();
    const functions = await theFunctions(() => SETTLED);
    const { relay, bus } = await aRelay({ natsUrl: nats.url, functionsUrl: functions.url });
    await until(() => relay.missing().length === 0);
    await publishSurely(bus, 'before');
    await until(() => functions.calls.length === 1);
    const manager = await (await nats.client()).jetstreamManager();
    await manager.streams.delete(STREAM);
    await publishSurely(bus, 'after');
    await until(() => functions.calls.length === 2, 30_000);
    expect(dataOf(functions.calls)).toEqual(['before', 'after']);
  });

  it('takes over a stream of the original with its messages, and bounds it [CTL-WB11]', async () => {
    const nats = await aNatsServer();
    await nats.start();
    const client = await nats.client();
    const manager = await client.jetstreamManager();
    const day = nanos(86_400_000);
    const theirs = { name: STREAM, subjects: ['sympozium.>'], max_age: day, retention: RetentionPolicy.Limits };
    await manager.streams.add({ ...theirs, storage: StorageType.File });
    await client.jetstream().publish(CHANNEL, JSON.stringify({ data: 'theirs' }));
    const functions = await theFunctions(() => SETTLED);
    await aRelay({ natsUrl: nats.url, functionsUrl: functions.url });
    await until(() => functions.calls.length === 1);
    const { config, state } = await manager.streams.info(STREAM);
    expect(dataOf(functions.calls)).toEqual(['theirs']);
    expect(config.max_bytes).toBeGreaterThan(0);
    expect([config.max_age, config.retention, config.storage, state.messages]).toEqual([day, 'limits', 'file', 1]);
  });

  it('has no more messages in hand than the function takes, and none comes twice while it waits [CTL-WB7]', async () => {
    const nats = await aNatsServer();
    await nats.start();
    let active = 0;
    let most = 0;
    const functions = await theFunctions(async () => {
      active += 1;
      most = Math.max(most, active);
      await sleep(700);
      active -= 1;
      return SETTLED;
    });
    const { bus } = await aRelay({ natsUrl: nats.url, functionsUrl: functions.url }, [aRouter({ concurrency: 2 })]);
    const ids = Array.from({ length: 8 }, (_, n) => `m${n}`);
    for (const id of ids) await publishSurely(bus, id);
    // The eighth waits longer than the bus waits for an acknowledgement.
    await until(() => functions.calls.length >= ids.length);
    await sleep(2_500);
    expect(dataOf(functions.calls)).toEqual(ids);
    expect(most).toBe(2);
  });

  it('is not sent a message again while the function works on it for longer than the bus waits', async () => {
    const nats = await aNatsServer();
    await nats.start();
    const functions = await theFunctions(async () => {
      await sleep(3_000);
      return SETTLED;
    });
    const { bus } = await aRelay({ natsUrl: nats.url, functionsUrl: functions.url });
    await publishSurely(bus, 'slow');
    await sleep(5_500);
    expect(dataOf(functions.calls)).toEqual(['slow']);
  });

  it('wakes the key that a subject names, and only while it is live', async () => {
    const { startScriptedApiServer } = await import('../../infra/relay/watch/scripted-api-server.ts');
    const { CONFIG_MAPS } = await import('../../shared/kube/resources.ts');
    const api = await startScriptedApiServer();
    api.put({ metadata: { namespace: 'ns', name: 'run.1', uid: 'u' } });
    const nats = await aNatsServer();
    await nats.start();
    const functions = await theFunctions(() => SETTLED);
    const subjects = [{ subject: 'sympozium.run.*.*.*.completed', namespaceToken: 2, nameToken: 3 }];
    const reconciles = { primary: { resource: CONFIG_MAPS, wakeOn: [] }, children: [], subjects };
    const reconciler = { name: 'reconcile-thing', timeoutSeconds: 5, concurrency: 1, reconciles };
    const places = { natsUrl: nats.url, functionsUrl: functions.url };
    const { relay, bus } = await aRelay(places, [reconciler], { connection: { server: api.url } });
    await until(() => relay.missing().length === 0 && functions.calls.length === 1);
    await publishSurely(bus, 'gone', 'sympozium.run.ns.finished.uid.completed');
    await publishSurely(bus, 'live', 'sympozium.run.ns.run_1.uid.completed');
    await until(() => functions.calls.length === 2);
    expect(functions.calls.map(({ subject }) => subject)).toEqual(['configmaps/ns/run.1', 'configmaps/ns/run.1']);
    await api.close();
  });
});
