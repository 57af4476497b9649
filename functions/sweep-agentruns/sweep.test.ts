import { describe, expect, it } from 'vitest';
import { API_VERSION, KINDS } from '../../crds/group.ts';
import { LABELS } from '../../crds/labels.ts';
import type { Reply } from '../../shared/delivery/reply.ts';
import { AppError } from '../../shared/errors.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { createWorld, type World } from '../../test/property/world/world.ts';
import { sweep } from './sweep.ts';

function aRun(name: string, labels: Record<string, string>, status: object): KubeObject {
  const spec = { instanceRef: 'inst', task: 't' };
  return {
    apiVersion: API_VERSION,
    kind: 'AgentRun',
    metadata: { name, namespace: 'team', labels },
    spec,
    status,
  } as KubeObject;
}

/** Finished runs of an instance, one a minute. */
function addHistory({ store, clock }: World, instance: string, count: number): void {
  for (let index = 0; index < count; index += 1) {
    clock.advance(60);
    const labels = { [LABELS.finished]: 'true', [LABELS.instance]: instance };
    store.create(KINDS.AgentRun, aRun(`${instance}-${index}`, labels, { phase: 'Succeeded' }));
  }
}

const sweepOnce = ({ kube, clock }: World, pass: (key: { name: string }) => Promise<Reply>, maxHistory = 50) =>
  sweep({ kube, pass, now: clock.now(), maxHistory, signal: new AbortController().signal });

const names = ({ store }: World) => store.all(KINDS.AgentRun).map(({ object }) => object.metadata.name);

describe('sweep', () => {
  it('deletes the three oldest when an instance has 53 finished runs and 50 are kept, and no run under way [RUN-117]', async () => {
    const world = createWorld();
    world.store.create(KINDS.AgentRun, aRun('busy', { [LABELS.instance]: 'inst' }, { phase: 'Running' }));
    addHistory(world, 'inst', 53);
    addHistory(world, 'other', 4);
    expect(await sweepOnce(world, async () => ({ outcome: 'settled' }))).toMatchObject({ pruned: 3 });
    expect(names(world)).not.toEqual(expect.arrayContaining(['inst-0']));
    expect(names(world)).toEqual(expect.arrayContaining(['busy', 'inst-3', 'inst-52', 'other-0']));
    expect(names(world)).toHaveLength(1 + 50 + 4);
  });

  it('writes nothing when nothing is due', async () => {
    const world = createWorld();
    addHistory(world, 'inst', 3);
    expect(await sweepOnce(world, async () => ({ outcome: 'settled' }))).toEqual({ passes: 0, failed: 0, pruned: 0 });
    expect(world.interrupt.writes()).toEqual([]);
  });

  it('asks for a pass over each due run, whatever becomes of the others', async () => {
    const world = createWorld();
    for (const name of ['a', 'b', 'c']) world.store.create(KINDS.AgentRun, aRun(name, {}, {}));
    world.clock.advance(300);
    const asked: string[] = [];
    const pass = async ({ name }: { name: string }): Promise<Reply> => {
      asked.push(name);
      if (name === 'a') throw new AppError('UPSTREAM_UNAVAILABLE', 'away');
      return name === 'b' ? { outcome: 'retry', code: 'CONFLICT' } : { outcome: 'settled' };
    };
    expect(await sweepOnce(world, pass)).toEqual({ passes: 3, failed: 2, pruned: 0 });
    expect(asked.sort()).toEqual(['a', 'b', 'c']);
  });

  it('looks only at the head of a line of runs that wait for a slot, however long it is [RUN-W31]', async () => {
    const world = createWorld();
    const conditions = [{ type: 'Succeeded', status: 'Unknown', reason: 'WaitingForSlot', message: 'waits' }];
    for (let index = 0; index < 300; index += 1) {
      world.store.create(KINDS.AgentRun, aRun(`waits-${index}`, {}, { phase: 'Pending', conditions }));
      world.clock.advance(1);
    }
    world.clock.advance(300);
    const asked: string[] = [];
    const pass = async ({ name }: { name: string }): Promise<Reply> => {
      asked.push(name);
      return { outcome: 'settled' };
    };
    await sweepOnce(world, pass);
    expect(asked.sort()).toEqual(['waits-0', 'waits-1', 'waits-2', 'waits-3', 'waits-4']);
  });
});
