import { describe, expect, it } from 'vitest';
import { KINDS } from '../../crds/group.ts';
import type { Condition } from '../../crds/meta.ts';
import { answer } from '../../test/property/world/kube.ts';
import { createWorld, type World } from '../../test/property/world/world.ts';
import type { KubeObject } from '../kube/objects.ts';
import { REPORTED_EVENTS } from '../kube/resources.ts';
import { reconcile } from './pass.ts';
import type { Reconciler } from './reconciler.ts';

const KEY = { namespace: 'team', name: 'pack' };
type Seen = { primary: KubeObject | undefined };
type Told = KubeObject & { type: string; reason: string; note: string; regarding: object; reportingController: string };

const condition = (status: Condition['status'], reason: string, message = 'Why.'): Condition => ({
  type: 'Ready',
  status,
  reason,
  message,
  lastTransitionTime: '2026-01-01T00:00:00Z',
});

/** A reconciler of SkillPacks that stores the condition that it is given. */
const storing = (next: Condition): Reconciler<Seen, object> => ({
  resource: KINDS.SkillPack,
  fieldManager: 'skillpack-reconciler',
  observe: async (key, { kube }) => ({ primary: await kube.get(KINDS.SkillPack, key) }),
  plan: () => ({ actions: [{ verb: 'applyStatus', status: { conditions: [next] } }], reason: 'test' }),
});

function aWorld(conditions: Condition[] = []): World {
  const world = createWorld();
  const object = { apiVersion: 'sympozium.ai/v1alpha1', kind: 'SkillPack', metadata: { ...KEY } };
  world.store.create(KINDS.SkillPack, { ...object, status: { conditions } } as KubeObject);
  return world;
}
const pass = (world: World, next: Condition, kube: Partial<World['kube']> = {}) =>
  reconcile(
    storing(next),
    KEY,
    { ...world, kube: { ...world.kube, ...kube }, config: {}, now: world.clock.now, report: () => {} },
    new AbortController().signal,
  );
const events = ({ store }: World) => store.all(REPORTED_EVENTS).map(({ object }) => object as Told);
const statusOf = ({ store }: World) =>
  (store.get(KINDS.SkillPack, KEY.namespace, KEY.name) as KubeObject & { status: object }).status;

describe('a transition that a person should know of', () => {
  it('becomes an Event about the object, in the words of the condition', async () => {
    const world = aWorld();
    await pass(world, condition('False', 'InvalidSkill', 'Two skills have one name'));
    expect(events(world)).toMatchObject([
      {
        metadata: { namespace: 'team', name: expect.stringMatching(/^pack\.[0-9a-f]{16}$/) },
        type: 'Warning',
        reason: 'InvalidSkill',
        note: 'Two skills have one name',
        regarding: { kind: 'SkillPack', name: 'pack', namespace: 'team', uid: expect.any(String) },
        reportingController: 'sympozium.ai/skillpack-reconciler',
        reportingInstance: 'skillpack-reconciler',
        action: 'Reconcile',
        eventTime: '2026-01-02T03:04:05.000000Z',
      },
    ]);
  });

  it('is told once when a pass that was cut before the status is repeated later, and never for other words alone', async () => {
    const world = aWorld();
    world.interrupt.killAfter(1);
    await pass(world, condition('False', 'InvalidSkill'));
    world.interrupt.killAfter(undefined);
    expect(statusOf(world)).toEqual({ conditions: [] });
    world.clock.advance(60);
    await pass(world, condition('False', 'InvalidSkill'));
    await pass(world, condition('False', 'InvalidSkill', 'In other words'));
    expect(events(world)).toHaveLength(1);
  });

  it('is told again when it happens again, and when the object is another of the name', async () => {
    const world = aWorld();
    await pass(world, condition('False', 'InvalidSkill'));
    await pass(world, { ...condition('True', 'Published'), lastTransitionTime: '2026-01-01T00:00:01Z' });
    await pass(world, { ...condition('False', 'InvalidSkill'), lastTransitionTime: '2026-01-01T00:00:02Z' });
    expect(events(world).map(({ type, reason }) => `${type} ${reason}`)).toEqual([
      'Warning InvalidSkill',
      'Normal Published',
      'Warning InvalidSkill',
    ]);
    const { store } = world;
    store.remove(KINDS.SkillPack, store.get(KINDS.SkillPack, KEY.namespace, KEY.name) as KubeObject);
    store.create(KINDS.SkillPack, { apiVersion: 'v1', kind: 'SkillPack', metadata: { ...KEY } });
    await pass(world, condition('False', 'InvalidSkill'));
    expect(events(world)).toHaveLength(4);
  });

  it('fits what the API server takes when the name and the message are long', async () => {
    const long = { ...KEY, name: 'n'.repeat(253) };
    const world = createWorld();
    world.store.create(KINDS.SkillPack, { apiVersion: 'v1', kind: 'SkillPack', metadata: long });
    await reconcile(
      storing(condition('False', 'Refused', 'ü'.repeat(2000))),
      long,
      { ...world, config: {}, now: world.clock.now, report: () => {} },
      new AbortController().signal,
    );
    const [event] = events(world);
    expect(event?.metadata.name.length).toBeLessThanOrEqual(253);
    expect(Buffer.byteLength(event?.note ?? '')).toBeLessThanOrEqual(1024);
    expect(event?.note).toMatch(/^ü+…$/);
  });

  it.each([
    ['is refused', () => answer(403, 'Forbidden', 'no rights')],
    ['was there before', () => answer(409, 'AlreadyExists', 'exists')],
    ['gets no answer', () => new Error('socket hang up')],
  ])('keeps no pass from its work when its Event %s', async (_what, error) => {
    const world = aWorld();
    const next = condition('False', 'InvalidSkill');
    const reply = await pass(world, next, { create: async () => Promise.reject(error()) });
    expect(reply).toEqual({ outcome: 'settled' });
    expect(statusOf(world)).toEqual({ conditions: [next] });
  });
});

describe('what is no news', () => {
  it.each([
    ['a good start', [], condition('True', 'Published')],
    ['the same again', [condition('False', 'Refused')], condition('False', 'Refused', 'still')],
    ['work under way', [], condition('Unknown', 'Running')],
  ])('costs no request: %s', async (_what, before, next) => {
    const world = aWorld(before);
    await pass(world, next);
    expect(events(world)).toEqual([]);
  });
});
