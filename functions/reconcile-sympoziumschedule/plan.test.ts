import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { KINDS } from '../../crds/group.ts';
import { FINALIZERS, LABELS } from '../../crds/labels.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { CONFIG_MAPS } from '../../shared/kube/resources.ts';
import { answer } from '../../test/property/world/kube.ts';
import { addRun, anInstance, aScene, aSchedule, KEY, type Scene, sceneOf } from './fixtures.ts';
import { runNameOf } from './run-name.ts';

/** The world's clock starts at 03:04:05, so that the first tick of five minutes is due after this. */
const TO_TICK = 55;

const ready = ({ schedule }: Scene) => schedule().status?.conditions?.find(({ type }) => type === 'Ready');
const names = ({ runs }: Scene) => runs().map(({ metadata }) => metadata.name);
/** Those that nobody cancelled. */
const kept = (scene: Scene) =>
  scene.runs().flatMap(({ metadata, spec }) => (spec.cancel === true ? [] : [metadata.name]));
const writes = ({ world }: Scene) => world.interrupt.writes().length;

describe('a tick', () => {
  it('makes one run with the labels, the owner and the model of its schedule and instance [CTL-094] [CTL-109]', async () => {
    const agent = { model: 'm', baseURL: 'http://b.example', thinking: 'medium', nodeSelector: { n: '1' } };
    const instance = anInstance({ agents: { default: agent }, authRefs: [{ provider: 'anthropic', secret: 'key' }] });
    const scene = aScene({ schedule: '* * * * *', type: 'sweep' }, { instance });
    await scene.after(120);
    const [run, ...others] = scene.runs();
    expect(others).toEqual([]);
    expect(run?.metadata).toMatchObject({
      name: expect.stringMatching(/^digest-20260102-030600-[\da-f]{6}$/),
      labels: { [LABELS.instance]: 'inst', [LABELS.schedule]: 'digest', [LABELS.type]: 'sweep' },
      ownerReferences: [{ kind: 'SympoziumSchedule', name: 'digest', controller: true }],
    });
    expect(run?.spec).toEqual({
      instanceRef: 'inst',
      agentId: 'schedule-digest',
      sessionKey: '',
      task: 'Sum up.',
      model: { ...agent, provider: 'anthropic', authSecretRef: 'key' },
    });
    expect(scene.world.store.created('CronJob')).toEqual([]);
  });

  it('gives the run the skills of the instance but those that serve people, its hooks and its pull secrets [CTL-095]', async () => {
    const lifecycle = { preRun: [{ name: 'p', image: 'busybox:1' }], gateDefault: 'block' as const };
    const skills = [
      { skillPackRef: 'k8s-ops', params: { a: 'b' } },
      { skillPackRef: 'web-endpoint' },
      { skillPackRef: 'skillpack-web-endpoint' },
      { skillPackRef: 'code-review' },
    ];
    const imagePullSecrets = [{ name: 'r' }];
    const instance = anInstance({ agents: { default: { model: 'm', lifecycle } }, skills, imagePullSecrets });
    const scene = aScene({}, { instance });
    await scene.after(TO_TICK);
    expect(scene.runs()[0]?.spec).toMatchObject({ lifecycle, imagePullSecrets });
    expect(scene.runs()[0]?.spec.skills).toEqual([skills[0], skills[3]]);
  });

  it('is recorded with the run, the count and the next tick [CTL-108]', async () => {
    const scene = aScene();
    scene.setStatus({ totalRuns: 2 });
    await scene.after(TO_TICK);
    expect(scene.schedule().status).toMatchObject({
      phase: 'Active',
      lastRunTime: '2026-01-02T03:05:00Z',
      nextRunTime: '2026-01-02T03:10:00Z',
      lastRunName: names(scene)[0],
      active: names(scene),
    });
    expect(ready(scene)).toMatchObject({ status: 'True', reason: 'Scheduled' });
  });

  it('counts on from the total of its status, and no run of whatever name changes the count or stops the next run [CTL-103] [CTL-104] [CTL-105]', async () => {
    const scene = aScene({ concurrencyPolicy: 'Allow' });
    addRun(scene.world, 'digest-7', 'Succeeded', scene.schedule());
    addRun(scene.world, 'digest-x', 'Succeeded', scene.schedule());
    scene.setStatus({ totalRuns: 50 });
    await scene.after(TO_TICK);
    expect(scene.schedule().status?.totalRuns).toBe(51);
    expect(names(scene)).toHaveLength(3);
  });

  it('costs four reads and two writes, and nothing is read or written between ticks but the schedule', async () => {
    const scene = aScene();
    await scene.pass();
    const reads: string[] = [];
    const { get, list } = scene.world.kube;
    scene.world.kube.get = (resource, ...rest) => {
      reads.push(resource.kind);
      return get(resource, ...rest);
    };
    scene.world.kube.list = (resource, ...rest) => {
      reads.push(resource.kind);
      return list(resource, ...rest);
    };
    const before = writes(scene);
    await scene.after(20);
    expect({ reads: reads.splice(0), writes: writes(scene) - before }).toEqual({
      reads: ['SympoziumSchedule'],
      writes: 0,
    });
    await scene.after(TO_TICK - 20);
    expect(reads.splice(0).sort()).toEqual(['AgentRun', 'ConfigMap', 'SympoziumInstance', 'SympoziumSchedule']);
    expect(writes(scene) - before).toBe(2);
  });

  it('is run once by two passes at the same time, and by one that is cut after the run and made again [CTL-WS1]', async () => {
    const scene = aScene({ concurrencyPolicy: 'Allow' });
    await scene.pass();
    scene.world.clock.advance(TO_TICK);
    await Promise.all([scene.pass(), scene.pass(), scene.pass()]);
    expect(names(scene)).toHaveLength(1);
    scene.world.clock.advance(300);
    scene.world.interrupt.killAfter(1);
    await scene.pass();
    scene.world.interrupt.killAfter(undefined);
    await scene.pass();
    expect(names(scene)).toHaveLength(2);
    expect(scene.schedule().status?.totalRuns).toBe(2);
  });

  it('is not run when its name belongs to something else, and the schedule says so', async () => {
    const scene = aScene();
    await scene.pass();
    const tick = new Date('2026-01-02T03:05:00Z');
    addRun(scene.world, runNameOf(scene.schedule(), tick), 'Running', anInstance());
    const { reply } = await scene.after(TO_TICK);
    expect(reply).toEqual({ outcome: 'requeueAfter', seconds: 60 });
    expect(ready(scene)).toMatchObject({
      reason: 'RunRefused',
      message: expect.stringMatching(/belongs to something else/),
    });
  });

  it('is told, and tried again, when the API server refuses its run', async () => {
    const scene = aScene();
    scene.world.kube.create = async () => {
      throw answer(403, 'Forbidden', 'admission webhook denied the request: no sandbox');
    };
    const { reply } = await scene.after(TO_TICK);
    expect(reply).toEqual({ outcome: 'requeueAfter', seconds: 60 });
    expect(scene.schedule().status).toMatchObject({ phase: 'Error', nextRunTime: '2026-01-02T03:05:00Z' });
    expect(ready(scene)).toMatchObject({ reason: 'RunRefused', message: expect.stringMatching(/no sandbox/) });
  });

  it('names runs within what a label may hold, and those of two long names apart [CTL-WX5]', () => {
    const tick = new Date('2026-01-02T03:05:00Z');
    const named = (name: string, uid: string) => runNameOf({ ...aSchedule(), metadata: { name, uid } }, tick);
    const long = 'schedule'.repeat(20);
    expect(named(long, 'a').length).toBe(63);
    expect(
      new Set([named(long, 'a'), named(`${long}s`, 'a'), named(long, 'b'), named('s', 'a'), named('s', 'b')]).size,
    ).toBe(5);
  });
});

describe('the task of a run', () => {
  async function taskWith(memory: string | undefined, spec = {}, instance = anInstance()): Promise<string | undefined> {
    const scene = aScene(spec, { instance });
    const metadata = { name: 'inst-memory', namespace: KEY.namespace };
    const data = memory === undefined ? {} : { 'MEMORY.md': memory };
    scene.world.store.create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data } as KubeObject);
    await scene.after(TO_TICK);
    return scene.runs()[0]?.spec.task;
  }

  it('comes after what the instance remembers, and alone when that is nothing or not asked for [CTL-106]', async () => {
    expect(await taskWith('# Facts\nTea.\n')).toBe('## Memory Context\n# Facts\nTea.\n\n\n## Task\nSum up.');
    expect(await taskWith('# Facts', { includeMemory: false })).toBe('Sum up.');
    expect(await taskWith(undefined)).toBe('Sum up.');
  });

  it('leaves out the text that stands for no memory, and what is over the size of the memory [CTL-WS7]', async () => {
    expect(await taskWith('# Agent Memory\n\nNo memories recorded yet.\n')).toBe('Sum up.');
    const instance = anInstance({ memory: { enabled: true, maxSizeKB: 1 } });
    const task = await taskWith('é'.repeat(100_000), {}, instance);
    expect(task?.length).toBeLessThan(700);
    expect(task).toMatch(/the rest is left out/);
  });
});

describe('concurrency', () => {
  async function atWork(concurrencyPolicy: 'Allow' | 'Forbid' | 'Replace', phase: string): Promise<Scene> {
    const scene = aScene({ concurrencyPolicy });
    await scene.after(TO_TICK);
    scene.setPhase(names(scene)[0] ?? '', phase);
    return scene;
  }

  it.each(['', 'Pending', 'Running', 'Serving', 'PostRunning', 'AwaitingDelegate'])(
    'Forbid lets a tick wait for a run in phase "%s", says so, and looks again in 30 s [CTL-101] [CTL-WS4]',
    async (phase) => {
      const scene = await atWork('Forbid', phase);
      expect((await scene.after(300)).reply).toEqual({ outcome: 'requeueAfter', seconds: 30 });
      expect(names(scene)).toHaveLength(1);
      expect(ready(scene)).toMatchObject({
        reason: 'WaitingForRun',
        message: expect.stringContaining(names(scene)[0] ?? ''),
      });
      const before = writes(scene);
      await scene.after(30);
      expect(writes(scene)).toBe(before);
      scene.setPhase(names(scene)[0] ?? '', 'Succeeded');
      await scene.after(10);
      expect(names(scene)).toHaveLength(2);
      expect(scene.schedule().status?.lastRunTime).toBe('2026-01-02T03:10:00Z');
    },
  );

  it('Forbid looks at all runs of the schedule, and fails when they cannot be read [CTL-WS4]', async () => {
    const scene = aScene();
    await scene.pass();
    addRun(scene.world, 'digest-1', 'Running', scene.schedule());
    await scene.after(TO_TICK);
    expect(names(scene)).toEqual(['digest-1']);
    scene.world.kube.list = async () => {
      throw new Error('no list');
    };
    expect((await scene.pass()).reply).toMatchObject({ outcome: 'retry' });
    expect(names(scene)).toEqual(['digest-1']);
  });

  it('Forbid waits for no run of another schedule, nor of an earlier one of the same name [CTL-104]', async () => {
    const scene = aScene();
    addRun(scene.world, 'digest-1', 'Running', { ...aSchedule(), metadata: { ...KEY, uid: 'an-earlier-one' } });
    await scene.after(TO_TICK);
    expect(names(scene)).toHaveLength(2);
  });

  it('a run of the instance that serves keeps no schedule from its ticks [CTL-096] [CTL-WS5]', async () => {
    const scene = aScene();
    addRun(scene.world, 'inst-web-endpoint', 'Serving', anInstance());
    await scene.after(TO_TICK);
    expect(names(scene)).toHaveLength(2);
  });

  it('Allow makes the next run beside the first', async () => {
    const scene = await atWork('Allow', 'Running');
    await scene.after(300);
    expect(scene.schedule().status?.active).toEqual(names(scene).sort());
    expect(names(scene)).toHaveLength(2);
  });

  it('Replace ends the run under way and makes the next [CTL-102] [CTL-WS3]', async () => {
    const scene = await atWork('Replace', 'Running');
    const [first] = names(scene);
    await scene.after(300);
    expect(names(scene)).toHaveLength(2);
    expect(kept(scene)).toHaveLength(1);
    expect(kept(scene)).not.toEqual([first]);
    // The first is there until it has ended.
    expect(scene.schedule().status?.active).toEqual(names(scene).sort());
  });

  it('Forbid lets one run be at work when a pass of the next tick looked before that of this one wrote', async () => {
    const scene = aScene({ concurrencyPolicy: 'Forbid' });
    await scene.pass();
    scene.world.clock.advance(TO_TICK + 290);
    const { create, applyStatus } = scene.world.kube;
    const written = Promise.withResolvers<void>();
    let next: Promise<unknown> | undefined;
    scene.world.kube.applyStatus = async (...args) => {
      scene.world.kube.applyStatus = applyStatus;
      scene.world.clock.advance(15);
      scene.world.kube.create = async (...made) => {
        await written.promise;
        return create(...made);
      };
      next = scene.pass();
      await setImmediate();
      return applyStatus(...args).finally(written.resolve);
    };
    await scene.pass();
    await next;
    scene.world.kube.create = create;
    await scene.pass();
    expect(names(scene)).toHaveLength(1);
  });

  it('Replace makes no run a second time when a pass of its tick was slow [CTL-WS1]', async () => {
    const scene = aScene({ concurrencyPolicy: 'Replace' });
    await scene.pass();
    scene.world.clock.advance(TO_TICK);
    const { create } = scene.world.kube;
    const replaced = Promise.withResolvers<void>();
    scene.world.kube.create = async (...made) => {
      scene.world.kube.create = create;
      await replaced.promise;
      return create(...made);
    };
    const slow = scene.pass();
    await setImmediate();
    await scene.pass();
    await scene.after(300);
    replaced.resolve();
    await slow;
    expect(scene.world.store.created('AgentRun')).toHaveLength(2);
    expect(kept(scene)).toHaveLength(1);
  });

  it.each(['Forbid', 'Replace'] as const)(
    '%s lets one run be at work when a slow pass of one tick meets a pass of the next',
    async (concurrencyPolicy) => {
      const scene = aScene({ concurrencyPolicy });
      await scene.pass();
      // Late, so that the next tick is near.
      scene.world.clock.advance(TO_TICK + 290);
      const { create } = scene.world.kube;
      const other = Promise.withResolvers<void>();
      scene.world.kube.create = async (...args) => {
        scene.world.kube.create = create;
        scene.world.clock.advance(15);
        await scene.pass();
        other.resolve();
        return create(...args);
      };
      await scene.pass();
      await other.promise;
      expect(kept(scene)).toHaveLength(1);
      await scene.pass();
      expect(kept(scene)).toHaveLength(1);
      expect(scene.schedule().status?.startingTick).toBeUndefined();
    },
  );
});

describe('ticks that were missed', () => {
  it('make one run, of the latest [CTL-107]', async () => {
    const scene = aScene();
    await scene.pass();
    await scene.after(5 * 300);
    expect(scene.schedule().status).toMatchObject({ lastRunTime: '2026-01-02T03:25:00Z', totalRuns: 1 });
    await scene.pass();
    expect(names(scene)).toHaveLength(1);
  });

  it('make none when the latest is later than startingDeadlineSeconds, and the schedule says so once', async () => {
    const scene = aScene({ startingDeadlineSeconds: 60 });
    await scene.pass();
    await scene.after(TO_TICK + 61);
    expect(names(scene)).toEqual([]);
    expect(ready(scene)).toMatchObject({ reason: 'TickMissed', message: expect.stringMatching(/03:05:00/) });
    const before = writes(scene);
    await scene.after(10);
    expect(writes(scene)).toBe(before);
    await scene.after(240);
    expect(scene.schedule().status?.lastRunTime).toBe('2026-01-02T03:10:00Z');
    expect(ready(scene)?.reason).toBe('Scheduled');
  });

  it('make none that were before the schedule, its resumption or its present times [CTL-110] [CTL-WS6]', async () => {
    const daily = aScene({ schedule: '0 0 * * *' });
    await daily.pass();
    expect(names(daily)).toEqual([]);
    const resumed = aScene({ suspend: true });
    await resumed.pass();
    resumed.world.clock.advance(900);
    resumed.change({ suspend: false });
    await resumed.pass();
    await resumed.after(50);
    expect(names(resumed)).toEqual([]);
    const changed = aScene({ schedule: '0 0 1 1 *' });
    await changed.pass();
    changed.world.clock.advance(7200);
    changed.change({ schedule: '0 * * * *' });
    await changed.pass();
    await changed.pass();
    expect(names(changed)).toEqual([]);
    expect(changed.schedule().status?.nextRunTime).toBe('2026-01-02T06:00:00Z');
  });

  it('run no tick twice when the time of the last run is put back [CTL-WS1]', async () => {
    const scene = aScene({ concurrencyPolicy: 'Allow' });
    await scene.after(TO_TICK);
    scene.setStatus({ lastRunTime: '2020-01-01T00:00:00Z' });
    await scene.pass();
    await scene.pass();
    expect(names(scene)).toHaveLength(1);
  });
});

describe('waiting', () => {
  it.each([
    { schedule: '14 3 * * *', seconds: 595 },
    { schedule: '* * * * *', seconds: 55 },
    { schedule: '@every 20s', seconds: 20 },
  ])('for "$schedule" lasts until its tick, and no longer [CTL-100]', async ({ schedule, seconds }) => {
    const scene = aScene({ schedule });
    const { reply } = await scene.pass();
    expect(reply).toEqual({ outcome: 'requeueAfter', seconds: seconds + 0.001 });
    expect(scene.schedule().status).toMatchObject({ phase: 'Active', nextRunTime: expect.any(String) });
  });

  it('is put off by jitter, to the same time at each look', async () => {
    const scene = aScene({ jitterSeconds: 200 });
    const { reply } = await scene.pass();
    const seconds = reply.outcome === 'requeueAfter' ? reply.seconds : 0;
    expect(seconds).toBeGreaterThan(TO_TICK);
    await scene.after(seconds - 0.1);
    expect(names(scene)).toEqual([]);
    await scene.after(0.1);
    expect(scene.schedule().status?.lastRunTime).toBe('2026-01-02T03:05:00Z');
    expect(names(scene)).toHaveLength(1);
  });
});

describe('a schedule that makes no runs', () => {
  it('rests while it is suspended [CTL-097] [CTL-WS8]', async () => {
    const scene = aScene({ suspend: true });
    await scene.pass();
    expect((await scene.after(900)).reply).toEqual({ outcome: 'settled' });
    expect(scene.schedule().status?.phase).toBe('Suspended');
    expect(ready(scene)).toMatchObject({ status: 'True', reason: 'Suspended' });
    expect(names(scene)).toEqual([]);
  });

  it.each([
    { schedule: 'every day', reason: 'InvalidSchedule' },
    { schedule: '', reason: 'InvalidSchedule' },
    { schedule: 'TZ=Europe/Berlin', reason: 'InvalidSchedule' },
    { schedule: 'TZ=Mars/Base 0 0 * * *', reason: 'UnknownTimeZone' },
    { schedule: '0 0 30 2 *', reason: 'NeverTicks' },
  ])(
    'says that "$schedule" is wrong, and does not ask again [CTL-098] [CTL-111] [CTL-WS2] [CTL-WS8] [CTL-WS9]',
    async (one) => {
      const scene = aScene({ schedule: one.schedule });
      expect((await scene.pass()).reply).toEqual({ outcome: 'settled' });
      await scene.after(86_400);
      expect(scene.schedule().status?.phase).toBe('Error');
      expect(ready(scene)).toMatchObject({ status: 'False', reason: one.reason, message: expect.stringMatching(/./) });
      expect(names(scene)).toEqual([]);
      scene.change({ schedule: '* * * * *' });
      await scene.pass();
      await scene.after(60);
      expect(names(scene)).toHaveLength(1);
    },
  );

  it('says that its instance is missing, once, and runs the tick when it is there [CTL-099] [CTL-WS8]', async () => {
    const scene = aScene({ instanceRef: 'late' });
    await scene.pass();
    expect(ready(scene)).toMatchObject({
      status: 'False',
      reason: 'InstanceNotFound',
      message: expect.stringMatching(/"late"/),
    });
    const before = writes(scene);
    expect((await scene.after(TO_TICK)).reply).toEqual({ outcome: 'requeueAfter', seconds: 60 });
    expect((await scene.after(60)).reply).toEqual({ outcome: 'requeueAfter', seconds: 60 });
    expect(scene.schedule().status?.phase).toBe('Error');
    expect(writes(scene)).toBe(before);
    const late = { ...anInstance(), metadata: { name: 'late', namespace: KEY.namespace } };
    scene.world.store.create(KINDS.SympoziumInstance, late);
    await scene.after(60);
    expect(names(scene)).toHaveLength(1);
    expect(scene.schedule().status?.phase).toBe('Active');
  });

  it('keeps includeMemory as it was written when it takes its finalizer [CTL-WX1]', async () => {
    const scene = aScene({ includeMemory: false });
    await scene.pass();
    expect(scene.schedule().metadata.finalizers).toEqual([FINALIZERS.sympoziumSchedule]);
    expect(scene.schedule().spec.includeMemory).toBe(false);
  });
});

describe('history', () => {
  it('keeps as many ended runs of each kind as the schedule says', async () => {
    const scene = aScene({ successfulRunsHistoryLimit: 2, failedRunsHistoryLimit: 1 });
    for (let tick = 0; tick < 8; tick += 1) {
      await scene.after(tick === 0 ? TO_TICK : 300);
      scene.setPhase(names(scene).at(-1) ?? '', tick % 2 === 0 ? 'Succeeded' : 'Failed');
    }
    await scene.after(300);
    const phases = scene.runs().map(({ status }) => status?.phase ?? 'new');
    expect(phases.sort()).toEqual(['Failed', 'Succeeded', 'Succeeded', 'new']);
  });

  it('outlives the schedule, as do runs under way [CTL-WS10]', async () => {
    const scene = aScene({ concurrencyPolicy: 'Allow' });
    await scene.after(TO_TICK);
    scene.setPhase(names(scene)[0] ?? '', 'Succeeded');
    await scene.after(300);
    const { world } = scene;
    world.store.remove(KINDS.SympoziumSchedule, scene.schedule());
    await scene.pass();
    world.collect();
    expect(world.store.all(KINDS.SympoziumSchedule)).toEqual([]);
    expect(names(sceneOf(world))).toHaveLength(2);
    expect(scene.runs().every(({ metadata }) => metadata.ownerReferences === undefined)).toBe(true);
  });
});
