import { describe, expect, it } from 'vitest';
import { createWorld, type World } from '../../test/property/world/world.ts';
import type { KubeObject } from '../kube/objects.ts';
import { CONFIG_MAPS } from '../kube/resources.ts';
import { reconcile } from './pass.ts';
import type { Action, Plan } from './plan.ts';
import type { Reconciler } from './reconciler.ts';

const KEY = { namespace: 'team', name: 'primary' };
const aConfigMap = (name: string, labels: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: KEY.namespace, labels },
});
const apply = (name: string): Action => ({ verb: 'apply', resource: CONFIG_MAPS, object: aConfigMap(name) });
const mark = (label: string): Action => ({ verb: 'patchMetadata', metadata: { labels: { [label]: 'true' } } });

type Observed = { primary: KubeObject | undefined };

/** A reconciler that plans always the same. */
function planning(
  actions: Action[],
  rest: Partial<Reconciler<Observed, undefined>> & Partial<Plan> = {},
): Reconciler<Observed, undefined> {
  const { requeueAfterSeconds, ...own } = rest;
  return {
    resource: CONFIG_MAPS,
    fieldManager: 'test',
    observe: async (key, { kube }) => ({ primary: await kube.get(CONFIG_MAPS, key) }),
    plan: () => ({ actions, reason: 'test', ...(requeueAfterSeconds !== undefined && { requeueAfterSeconds }) }),
    ...own,
  };
}

const pass = (world: World, reconciler: Reconciler<Observed, undefined>) =>
  reconcile(
    reconciler,
    KEY,
    { ...world, config: undefined, now: world.clock.now, report: () => {} },
    new AbortController().signal,
  );

function aWorld(): World {
  const world = createWorld();
  world.store.create(CONFIG_MAPS, aConfigMap(KEY.name));
  return world;
}

const labelsIn = ({ store }: World) => store.get(CONFIG_MAPS, KEY.namespace, KEY.name)?.metadata.labels;
/** An object that the API server refuses: it would have two controllers. */
const refused: Action = {
  verb: 'apply',
  resource: CONFIG_MAPS,
  object: {
    ...aConfigMap(KEY.name),
    metadata: {
      ...aConfigMap(KEY.name).metadata,
      ownerReferences: ['a', 'b'].map((uid) => ({ apiVersion: 'v1', kind: 'X', name: uid, uid, controller: true })),
    },
  },
};

describe('reconcile', () => {
  it('carries its own writes forward as preconditions, one after another', async () => {
    const world = aWorld();
    expect(await pass(world, planning([mark('one'), apply('child'), mark('two')]))).toEqual({ outcome: 'settled' });
    expect(labelsIn(world)).toEqual({ one: 'true', two: 'true' });
  });

  it('ends as retry when somebody else wrote the primary meanwhile', async () => {
    const world = aWorld();
    const reconciler = planning([mark('one')], {
      observe: async (key, { kube }) => {
        const primary = await kube.get(CONFIG_MAPS, key);
        if (primary !== undefined)
          world.store.update(CONFIG_MAPS, primary, {
            ...primary,
            metadata: { ...primary.metadata, labels: { theirs: 'x' } },
          });
        return { primary };
      },
    });
    expect(await pass(world, reconciler)).toEqual({ outcome: 'retry', code: 'CONFLICT' });
    expect(labelsIn(world)).toEqual({ theirs: 'x' });
  });

  it('asks to be called again when the plan says so', async () => {
    expect(await pass(aWorld(), planning([], { requeueAfterSeconds: 5 }))).toEqual({
      outcome: 'requeueAfter',
      seconds: 5,
    });
  });

  it('carries out what is planned instead when the API server refuses an action for good', async () => {
    const world = aWorld();
    const reconciler = planning([mark('one'), refused, mark('never')], {
      planRefused: (_, { code }) => ({ actions: [mark(`refused-${code}`)], reason: 'refused' }),
    });
    expect(await pass(world, reconciler)).toEqual({ outcome: 'settled' });
    expect(labelsIn(world)).toEqual({ one: 'true', 'refused-422': 'true' });
  });

  it('ends as terminal when the refusal is nothing that the reconciler has an answer to', async () => {
    expect(await pass(aWorld(), planning([refused]))).toEqual({ outcome: 'terminal', code: 'SPEC_INVALID' });
    expect(await pass(aWorld(), planning([refused], { planRefused: () => undefined }))).toMatchObject({
      outcome: 'terminal',
    });
  });

  it('never throws, and retries what it does not know', async () => {
    const reconciler = planning([], {
      plan: () => {
        throw new TypeError('a bug');
      },
    });
    expect(await pass(aWorld(), reconciler)).toEqual({ outcome: 'retry', code: 'UNKNOWN' });
  });

  it('does the rest when something cannot be remembered [RUN-085]', async () => {
    const owner = { kind: 'instance', namespace: KEY.namespace, name: 'inst' } as const;
    const remember: Action = { verb: 'remember', memory: { owner, content: 'c', tags: [] } };
    const world = aWorld();
    const bus = { ...world.bus, remember: () => Promise.reject(new Error('the disk is full')) };
    expect(await pass({ ...world, bus }, planning([remember, mark('done')]))).toEqual({ outcome: 'settled' });
    expect(labelsIn(world)).toEqual({ done: 'true' });
    await pass(world, planning([remember, remember]));
    expect(world.bus.memories()).toEqual(['c']);
  });

  it('writes nothing when the primary is gone', async () => {
    const world = createWorld();
    expect(await pass(world, planning([apply('child')]))).toEqual({ outcome: 'settled' });
    expect(world.interrupt.writes()).toEqual([]);
  });
});
