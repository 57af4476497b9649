import { describe, expect, it } from 'vitest';
import { API_VERSION, KINDS } from '../../crds/group.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { answer } from '../../test/property/world/kube.ts';
import { createWorld } from '../../test/property/world/world.ts';
import { addInstance, addRun, aScene, sceneOf, TIDY } from './fixtures.ts';
import { ACTIONS } from './request.ts';

const SUSPENDED = { spec: { suspend: true } };

describe('an agent that asks for a schedule', () => {
  it('gets one of its instance, and is told; it goes when the instance does [CTL-088] [CTL-WT4] [CTL-WT5]', async () => {
    const scene = aScene();
    expect(await scene.ask(TIDY)).toMatchObject({ id: 'q', ok: true, message: expect.stringContaining('0 9 * * 1') });
    expect(scene.schedules()).toMatchObject([
      {
        metadata: {
          namespace: 'team',
          name: 'inst-tidy',
          labels: { 'sympozium.ai/instance': 'inst', 'sympozium.ai/source': 'agent' },
          ownerReferences: [{ kind: 'SympoziumInstance', name: 'inst', controller: true }],
        },
        spec: {
          instanceRef: 'inst',
          schedule: '0 9 * * 1',
          task: 'Tidy up.',
          type: 'heartbeat',
          concurrencyPolicy: 'Forbid',
          includeMemory: true,
        },
      },
    ]);
  });

  it('changes the one it has by creating it again, which also ends its suspension [CTL-089]', async () => {
    const scene = aScene();
    await scene.ask(TIDY);
    await scene.ask({ name: 'tidy', action: 'suspend' });
    expect(scene.schedules()).toMatchObject([SUSPENDED]);
    await scene.ask({ ...TIDY, schedule: '0 10 * * 1', task: 'Tidy more.' });
    expect(scene.schedules()).toMatchObject([
      { spec: { schedule: '0 10 * * 1', task: 'Tidy more.', suspend: false, type: 'heartbeat' } },
    ]);
  });

  it('keeps the time when it changes only the task, and the other way round [CTL-090]', async () => {
    const scene = aScene();
    await scene.ask(TIDY);
    await scene.ask({ name: 'tidy', action: 'update', task: 'Sweep.', schedule: ' ' });
    expect(scene.schedules()).toMatchObject([{ spec: { schedule: '0 9 * * 1', task: 'Sweep.' } }]);
    await scene.ask({ name: 'tidy', action: 'update', schedule: '@daily' });
    expect(scene.schedules()).toMatchObject([{ spec: { schedule: '@daily', task: 'Sweep.' } }]);
  });

  it('suspends, resumes and deletes it; of one that is not there it is told so [CTL-091]', async () => {
    const scene = aScene();
    await scene.ask(TIDY);
    await scene.ask({ name: 'tidy', action: 'suspend' });
    expect(scene.schedules()).toMatchObject([SUSPENDED]);
    await scene.ask({ name: 'tidy', action: 'resume', task: 'ignored' });
    expect(scene.schedules()).toMatchObject([{ spec: { suspend: false, task: 'Tidy up.' } }]);
    expect(await scene.ask({ name: 'tidy', action: 'delete' })).toMatchObject({ ok: true });
    expect(scene.schedules()).toEqual([]);
    for (const action of ACTIONS.filter((one) => one !== 'create')) {
      const told = { ok: false, message: 'There is no schedule "tidy"' };
      expect(await scene.ask({ name: 'tidy', action, task: 'x' })).toMatchObject(told);
    }
  });

  it.each([
    [{ action: 'create', schedule: '@daily', task: 't' }, /`name`/],
    [{ ...TIDY, name: 'Not A Name' }, /`name` must be lower-case/],
    [{ ...TIDY, name: 'x'.repeat(64) }, /`name`/],
    [{ name: 'tidy', task: 't' }, /`action` must be one of create, update/],
    [{ ...TIDY, action: 'explode' }, /`action`/],
    [{ ...TIDY, task: 7 }, /`task`/],
    [{ name: 'tidy', action: 'create', schedule: '@daily' }, /`schedule` and `task`/],
    [{ ...TIDY, schedule: 'often' }, /five fields/],
    [{ ...TIDY, schedule: '0 0 30 2 *' }, /no year has/],
    [{ ...TIDY, schedule: 'TZ=Mars/Base 0 0 * * *' }, /IANA/],
  ])('changes nothing by %j, and is told why [CTL-092] [CTL-WT4]', async (request, says) => {
    const scene = aScene();
    expect(await scene.ask(request)).toMatchObject({ ok: false, message: expect.stringMatching(says) });
    expect(scene.schedules()).toEqual([]);
  });

  it('is told what the API server has against it [CTL-WT4]', async () => {
    const scene = aScene();
    const kube = { ...scene.world.kube };
    kube.create = async () => {
      throw answer(422, 'Invalid', 'spec.task: Too long');
    };
    const refusing = sceneOf({ ...scene.world, kube }, scene.run);
    expect(await refusing.ask(TIDY)).toMatchObject({ ok: false, message: expect.stringContaining('Too long') });
  });

  it('can make neither more than its instance may have nor one that runs too often [CTL-WT1]', async () => {
    const scene = aScene();
    for (const name of ['a', 'b', 'c']) expect(await scene.ask({ ...TIDY, name })).toMatchObject({ ok: true });
    const told = { ok: false, message: expect.stringContaining('3 schedules, and may have 3') };
    expect(await scene.ask({ ...TIDY, name: 'd' })).toMatchObject(told);
    await scene.ask({ name: 'a', action: 'delete' });
    expect(await scene.ask({ ...TIDY, name: 'd' })).toMatchObject({ ok: true });
    for (const schedule of ['* * * * *', '@every 10s', '0,4 9 * * *', '58 23,1 * * *,']) {
      const { ok } = (await scene.ask({ name: 'd', action: 'update', schedule })) ?? {};
      expect(ok, schedule).toBe(schedule.startsWith('58'));
    }
  });

  it('can make none when the policy of its run denies the tool [CTL-WT1]', async () => {
    for (const tools of [{ deny: ['schedule_task'] }, { allow: ['read_file'] }]) {
      const world = createWorld();
      const scene = sceneOf(world, addRun(world, addInstance(world, 'team', 'inst'), 'run-1', tools));
      expect(await scene.ask(TIDY)).toMatchObject({ ok: false, message: expect.stringContaining('policy') });
      expect(scene.schedules()).toEqual([]);
    }
  });

  it("never touches another instance's schedule, nor a person's or a pack's, whose name is the same [CTL-WT2]", async () => {
    const world = createWorld();
    const own = sceneOf(world, addRun(world, addInstance(world, 'team', 'a'), 'run-a'));
    const other = sceneOf(world, addRun(world, addInstance(world, 'team', 'a-b'), 'run-b'));
    await own.ask({ ...TIDY, name: 'b-c' });
    for (const action of ACTIONS) {
      const told = { ok: false, message: expect.stringContaining('choose another') };
      expect(await other.ask({ ...TIDY, name: 'c', action })).toMatchObject(told);
    }
    const metadata = { namespace: 'team', name: 'a-mine' };
    const spec = { instanceRef: 'a', schedule: '@daily', task: 't' };
    const mine = { apiVersion: API_VERSION, kind: 'SympoziumSchedule', metadata, spec } as KubeObject;
    world.store.create(KINDS.SympoziumSchedule, mine);
    for (const action of ACTIONS) expect(await own.ask({ ...TIDY, name: 'mine', action })).toMatchObject({ ok: false });
    expect(own.schedules().map(({ spec: { task } }) => task)).toEqual(['Tidy up.', 't']);
  });
});

describe('a request of nobody', () => {
  it('is parked, and makes nothing anywhere [CTL-093] [CTL-WT3]', async () => {
    const scene = aScene();
    const gone = sceneOf(scene.world, { ...scene.run, metadata: { ...scene.run.metadata, uid: 'of-an-earlier-run' } });
    expect(await gone.deliver(gone.request(TIDY))).toEqual({ outcome: 'terminal', code: 'NOT_FOUND' });
    const unknown = scene.shared(TIDY, { instanceName: 'unknown' });
    expect(await scene.deliver(unknown, { sharedSubjects: true })).toEqual({ outcome: 'terminal', code: 'NOT_FOUND' });
    expect(scene.schedules()).toEqual([]);
  });

  it('on the shared subject is taken only where that is switched on, and one namespace has the instance [CTL-WR6]', async () => {
    const scene = aScene();
    const asked = scene.shared(TIDY, { instanceName: 'inst', agentRunID: 'run-1' });
    expect(await scene.deliver(asked)).toEqual({ outcome: 'terminal', code: 'CONFIG_INVALID' });
    addInstance(scene.world, 'other', 'inst');
    expect(await scene.deliver(asked, { sharedSubjects: true })).toEqual({ outcome: 'terminal', code: 'NOT_FOUND' });
    expect(scene.schedules()).toEqual([]);
    const placed = scene.shared(TIDY, { instanceName: 'inst', namespace: 'other' });
    expect(await scene.deliver(placed, { sharedSubjects: true })).toEqual({ outcome: 'settled' });
    expect(scene.schedules()).toMatchObject([{ metadata: { namespace: 'other' } }]);
    const bad = scene.shared({ ...TIDY, action: 'explode' }, { instanceName: 'inst', namespace: 'other' });
    expect(await scene.deliver(bad, { sharedSubjects: true })).toEqual({ outcome: 'terminal', code: 'SPEC_INVALID' });
  });
});
