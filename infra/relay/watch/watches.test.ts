import { afterEach, describe, expect, it } from 'vitest';
import { createKubeClient } from '../../../shared/kube/client.ts';
import { fitName } from '../../../shared/kube/names.ts';
import { CONFIG_MAPS, PODS } from '../../../shared/kube/resources.ts';
import type { RelayFunction } from '../config.ts';
import { systemClock } from '../queue/clock.ts';
import type { WatchTiming, WatchTrouble } from './list-watch.ts';
import { type ScriptedApiServer, startScriptedApiServer } from './scripted-api-server.ts';
import { createWatches } from './watches.ts';

const TIMING: WatchTiming = {
  backoff: { minMs: 5, maxMs: 40, healthyMs: 1_000 },
  silenceMs: 5_000,
  resyncMs: 600_000,
  streamSeconds: 300,
  shortMs: 1,
  absentMs: 20,
};

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const aFunction = (change: Partial<NonNullable<RelayFunction['reconciles']>> = {}): RelayFunction => ({
  name: 'reconcile-thing',
  timeoutSeconds: 10,
  concurrency: 1,
  reconciles: { primary: { resource: CONFIG_MAPS, wakeOn: [{ path: 'data' }] }, children: [], subjects: [], ...change },
});

const aThing = (name: string, data: unknown = { a: '1' }, more: object = {}) => ({
  metadata: { namespace: 'ns', name, uid: `uid-${name}`, ...more },
  data,
});

/** Watches over one scripted server (and one for pods), with every key and trouble as it comes. */
async function aWorld(functions: RelayFunction[] = [aFunction()], timing: Partial<WatchTiming> = {}, pageSize = 500) {
  const [server, pods] = [await startScriptedApiServer(pageSize), await startScriptedApiServer()];
  const [kube, podKube] = [createKubeClient({ server: server.url }), createKubeClient({ server: pods.url })];
  const of = (plural: string) => (plural === 'pods' ? podKube : kube);
  const keys: string[] = [];
  const dropped: string[] = [];
  const troubles: WatchTrouble[] = [];
  const watches = createWatches({
    kube: {
      page: (resource, options) => of(resource.plural).page(resource, options),
      watch: (resource, options) => of(resource.plural).watch(resource, options),
    },
    functions,
    sinkOf: () => ({ add: (key) => keys.push(key), drop: (key) => dropped.push(key) }),
    observe: () => ({ listed() {}, absent() {}, troubled: (trouble) => troubles.push(trouble) }),
    clock: systemClock,
    random: Math.random,
    timing: { ...TIMING, ...timing },
  });
  closing.push(
    () => pods.close(),
    () => server.close(),
    () => kube.close(),
    () => podKube.close(),
    watches.stop,
  );
  return { server, pods, watches, keys, dropped, troubles };
}

const until = (condition: () => boolean) => expect.poll(condition, { timeout: 8_000, interval: 5 }).toBe(true);

async function started(server: ScriptedApiServer, watches: { start(): void; missing(): string[] }): Promise<void> {
  watches.start();
  await until(() => watches.missing().length === 0 && server.openWatches() === 1);
}

describe('the watches', () => {
  it('give every live primary one pass when they start, also over several pages', async () => {
    const { server, watches, keys } = await aWorld([aFunction()], {}, 2);
    for (const name of ['a', 'b', 'c', 'd', 'e']) server.put(aThing(name));
    await started(server, watches);
    expect(keys).toEqual(['ns/a', 'ns/b', 'ns/c', 'ns/d', 'ns/e']);
    expect(server.requests).toEqual(['list', 'list', 'list', 'watch@105']);
  });

  it('give a pass when a watched field changes, and none when only others do', async () => {
    const { server, watches, keys } = await aWorld();
    server.put(aThing('a'));
    await started(server, watches);
    server.put({ ...aThing('a'), status: { phase: 'Running' } });
    server.put(aThing('a', { a: '2' }));
    server.put(aThing('new'));
    await until(() => keys.includes('ns/new'));
    expect(keys).toEqual(['ns/a', 'ns/a', 'ns/new']);
  });

  it('give none, and let the key go, when a primary is deleted', async () => {
    const { server, watches, keys, dropped } = await aWorld();
    server.put(aThing('a'));
    await started(server, watches);
    server.remove('a');
    await until(() => dropped.length > 0);
    expect([keys, dropped, watches.sizes()]).toEqual([['ns/a'], ['ns/a'], [['configmaps', 0]]]);
  });

  it('go on from the last version when the server ends a stream, without a list', async () => {
    const { server, watches, keys } = await aWorld();
    await started(server, watches);
    server.put(aThing('a'));
    await until(() => keys.length === 1);
    server.bookmark();
    await new Promise((resolve) => setTimeout(resolve, 20));
    server.end();
    await until(() => server.requests.length === 3);
    expect(server.requests).toEqual(['list', 'watch@100', 'watch@101']);
  });

  it.each<{ when: string; break: (server: ScriptedApiServer) => void; trouble: WatchTrouble }>([
    { when: 'the version has expired', break: (server) => server.write(gone()), trouble: 'expired' },
    { when: 'a line is garbage', break: (server) => server.write('{"type": "MODIF'), trouble: 'garbled' },
    { when: 'a line is no event', break: (server) => server.write('{"type":"ADDED","object":{}}'), trouble: 'garbled' },
  ])('list again and miss nothing of what happened meanwhile when $when', async ({ break: breakIt, trouble }) => {
    const { server, watches, keys, dropped, troubles } = await aWorld();
    server.put(aThing('kept'));
    server.put(aThing('lost'));
    await started(server, watches);
    keys.length = 0;
    server.muted = true;
    server.put(aThing('new'));
    server.remove('lost');
    server.muted = false;
    breakIt(server);
    await until(() => keys.includes('ns/new'));
    await until(() => dropped.length > 0);
    expect(keys.toSorted()).toEqual(['ns/kept', 'ns/new']);
    expect(dropped).toEqual(['ns/lost']);
    expect(troubles).toEqual([trouble]);
    expect(server.requests.filter((request) => request === 'list')).toHaveLength(2);
  });

  it('go on at once when a stream that brought events ends early, as those of slow readers do', async () => {
    const patient = { shortMs: 60_000, backoff: { minMs: 60_000, maxMs: 60_000, healthyMs: 1_000 } };
    const { server, watches, keys } = await aWorld([aFunction()], patient);
    await started(server, watches);
    server.put(aThing('a'));
    await until(() => keys.length === 1);
    server.end();
    await until(() => server.requests.length === 3 && server.openWatches() === 1);
    server.put(aThing('b'));
    await until(() => keys.length === 2);
    expect(server.requests.filter((request) => request === 'list')).toHaveLength(1);
  });

  it('list again when the watch itself is answered with 410', async () => {
    const { server, watches, troubles } = await aWorld();
    await started(server, watches);
    server.answers.push(410);
    server.end();
    await until(() => server.requests.length === 5);
    expect(server.requests).toEqual(['list', 'watch@100', 'watch@100', 'list', 'watch@100']);
    expect(troubles).toEqual(['expired']);
  });

  it('go on when connections are cut again and again', async () => {
    const { server, watches, keys } = await aWorld();
    await started(server, watches);
    for (const name of ['a', 'b', 'c', 'd']) {
      server.cut();
      await until(() => server.openWatches() === 1);
      server.put(aThing(name));
      await until(() => keys.includes(`ns/${name}`));
    }
    expect(keys).toEqual(['ns/a', 'ns/b', 'ns/c', 'ns/d']);
  });

  it('open the stream anew when it has been silent for too long, and not while bookmarks come', async () => {
    const { server, watches, troubles } = await aWorld([aFunction()], { silenceMs: 300 });
    await started(server, watches);
    for (let n = 0; n < 8; n += 1) {
      server.bookmark();
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    expect(troubles).toEqual([]);
    await until(() => troubles.includes('silent'));
    await until(() => server.openWatches() === 1);
    expect(server.requests.filter((request) => request === 'list')).toHaveLength(1);
  });

  it('keep trying when the server refuses everything for a while, and give every primary a pass then', async () => {
    const { server, watches, keys } = await aWorld();
    server.put(aThing('a'));
    server.answers.push(500, 403, 404, 429, 503);
    watches.start();
    await until(() => keys.includes('ns/a'));
    expect(watches.missing()).toEqual([]);
  });

  it('wake the primary that a field names, and the one that it named before [CTL-WA10]', async () => {
    const named = (policyRef?: unknown) => ({ ...aThing('inst'), spec: { policyRef } });
    const bound = { resource: PODS, mapTo: { field: 'spec.policyRef' }, wakeOn: [] };
    const { server, pods, watches, keys } = await aWorld([aFunction({ children: [bound] })]);
    for (const name of ['strict', 'loose']) server.put(aThing(name));
    pods.put(named('strict'));
    await started(server, watches);
    await until(() => pods.openWatches() === 1);
    keys.length = 0;
    pods.put(named('loose'));
    await until(() => keys.length === 2);
    pods.put(named());
    await until(() => keys.length === 3);
    pods.put(named({ not: 'a name' }));
    pods.put(named('strict'));
    await until(() => keys.length === 4);
    expect(keys).toEqual(['ns/loose', 'ns/strict', 'ns/loose', 'ns/strict']);
  });

  it('wait for no kind that the cluster may lack, raise no alarm, and find it once it is there', async () => {
    const child = { resource: PODS, mapTo: { owner: 'ConfigMap' }, optional: true as const, wakeOn: [] };
    const { server, pods, watches, keys, troubles } = await aWorld([aFunction({ children: [child] })]);
    pods.answers.push(404, 404, 404);
    server.put(aThing('a'));
    await started(server, watches);
    expect(watches.syncedFor('reconcile-thing')).toBe(true);
    await until(() => pods.openWatches() === 1);
    expect(troubles).toEqual([]);
    keys.length = 0;
    const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'a', uid: 'uid-a', controller: true };
    pods.put(aThing('child', {}, { ownerReferences: [owner] }));
    await until(() => keys.length === 1);
    expect(keys).toEqual(['ns/a']);
  });
});

describe('the watch of children', () => {
  const withPods = (mapTo: { owner: string } | { label: string }) =>
    aFunction({ children: [{ resource: PODS, mapTo, wakeOn: [{ path: 'status.phase' }] }] });
  const aPod = (name: string, labels: Record<string, string>, phase = 'Pending') => ({
    metadata: { namespace: 'ns', name, uid: `uid-${name}`, labels },
    status: { phase },
  });

  it('wakes the primary that the label names when a child comes, changes and goes', async () => {
    const { server, pods, watches, keys } = await aWorld([withPods({ label: 'run' })]);
    server.put(aThing('a'));
    await started(server, watches);
    await until(() => pods.openWatches() === 1);
    for (const change of [
      () => pods.put(aPod('p', { run: 'a' })),
      () => pods.put(aPod('p', { run: 'a' }, 'Running')),
      () => pods.remove('p'),
    ]) {
      keys.length = 0;
      change();
      await until(() => keys.length > 0);
      expect(keys).toEqual(['ns/a']);
    }
  });

  it('wakes the primary when a child went while nobody watched', async () => {
    const { server, pods, watches, keys } = await aWorld([withPods({ label: 'run' })]);
    server.put(aThing('a'));
    pods.put(aPod('p', { run: 'a' }));
    await started(server, watches);
    await until(() => pods.openWatches() === 1);
    keys.length = 0;
    pods.muted = true;
    pods.remove('p');
    pods.muted = false;
    pods.write(gone());
    await until(() => keys.length > 0);
    expect(keys).toEqual(['ns/a']);
  });

  it('wakes nobody when the primary is not live, such as a run that has finished', async () => {
    const { server, pods, watches, keys } = await aWorld([withPods({ label: 'run' })]);
    server.put(aThing('a'));
    await started(server, watches);
    await until(() => pods.openWatches() === 1);
    keys.length = 0;
    pods.put(aPod('p', { run: 'finished' }));
    pods.put(aPod('q', { run: 'a' }));
    await until(() => keys.length > 0);
    expect(keys).toEqual(['ns/a']);
  });

  it('wakes a primary whose name is too long for a label value', async () => {
    const name = 'n'.repeat(80);
    const { server, pods, watches, keys } = await aWorld([withPods({ label: 'run' })]);
    server.put(aThing(name));
    await started(server, watches);
    await until(() => pods.openWatches() === 1);
    keys.length = 0;
    pods.put(aPod('p', { run: fitName(name) }));
    await until(() => keys.length > 0);
    expect(keys).toEqual([`ns/${name}`]);
  });

  it('wakes the primary that is the controller when children map by owner', async () => {
    const { server, pods, watches, keys } = await aWorld([withPods({ owner: 'ConfigMap' })]);
    server.put(aThing('a'));
    await started(server, watches);
    await until(() => pods.openWatches() === 1);
    keys.length = 0;
    const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'a', uid: 'uid-a', controller: true };
    pods.put({ metadata: { namespace: 'ns', name: 'p', uid: 'p', ownerReferences: [owner] } });
    await until(() => keys.length > 0);
    expect(keys).toEqual(['ns/a']);
  });

  it('wakes nobody when the function has made the child itself, and does when that changes', async () => {
    const children = [
      { resource: PODS, mapTo: { label: 'run' }, madeHere: true as const, wakeOn: [{ path: 'status.phase' }] },
    ];
    const { server, pods, watches, keys } = await aWorld([aFunction({ children })]);
    server.put(aThing('a'));
    await started(server, watches);
    await until(() => pods.openWatches() === 1);
    keys.length = 0;
    pods.put(aPod('p', { run: 'a' }));
    pods.put(aPod('p', { run: 'a' }, 'Running'));
    await until(() => keys.length > 0);
    expect(keys).toEqual(['ns/a']);
  });

  it('shares one stream between functions that watch the same', async () => {
    const other = { ...aFunction(), name: 'reconcile-other' };
    const { server, watches, keys } = await aWorld([aFunction(), other]);
    server.put(aThing('a'));
    await started(server, watches);
    expect(server.requests).toEqual(['list', 'watch@101']);
    expect(keys).toEqual(['ns/a', 'ns/a']);
  });
});

function gone(): string {
  const object = { kind: 'Status', status: 'Failure', code: 410, reason: 'Expired', message: 'too old' };
  return JSON.stringify({ type: 'ERROR', object });
}
