import { describe, expect, it } from 'vitest';
import { API_VERSION, KINDS } from '../../crds/group.ts';
import type { Reply } from '../../shared/delivery/reply.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { createWorld, type World } from '../../test/property/world/world.ts';
import { sweep } from './sweep.ts';

interface Given {
  name: string;
  spec?: object;
  status?: object;
  metadata?: object;
}

function add({ store }: World, { name, spec = {}, status, metadata }: Given): void {
  const schedule = {
    apiVersion: API_VERSION,
    kind: 'SympoziumSchedule',
    metadata: { name, namespace: 'team', ...metadata },
    spec: { instanceRef: 'inst', schedule: '* * * * *', task: 't', ...spec },
    ...(status !== undefined && { status: { observedGeneration: 1, ...status } }),
  };
  store.create(KINDS.SympoziumSchedule, schedule as KubeObject);
}

/** A sweep at 03:05:10; which schedules got a pass. */
async function swept(given: readonly Given[], answer: (name: string) => Promise<Reply>) {
  const world = createWorld();
  for (const one of given) add(world, one);
  world.clock.advance(65);
  const asked: string[] = [];
  const pass = async ({ name }: { name: string }) => {
    asked.push(name);
    return answer(name);
  };
  const { signal } = new AbortController();
  return { result: await sweep({ kube: world.kube, pass, now: world.clock.now(), signal }), asked: asked.sort() };
}

const settled = async (): Promise<Reply> => ({ outcome: 'settled' });

describe('sweep', () => {
  it('asks for a pass over schedules whose tick has passed, and over those that nobody saw', async () => {
    const { asked } = await swept(
      [
        { name: 'due', status: { phase: 'Active', nextRunTime: '2026-01-02T03:05:00Z' } },
        { name: 'late', status: { phase: 'Error', nextRunTime: '2026-01-02T02:00:00Z' } },
        { name: 'unseen' },
        { name: 'changed', status: { phase: 'Suspended', observedGeneration: 0 } },
        { name: 'waiting', status: { phase: 'Active', nextRunTime: '2026-01-02T03:06:00Z' } },
        { name: 'suspended', spec: { suspend: true }, status: { phase: 'Suspended' } },
        { name: 'wrong', spec: { schedule: 'often' }, status: { phase: 'Error' } },
      ],
      settled,
    );
    expect(asked).toEqual(['changed', 'due', 'late', 'unseen']);
  });

  it('goes on when a pass fails, and counts the failures', async () => {
    const names = Array.from({ length: 25 }, (_, index) => ({ name: `schedule-${index}` }));
    const { result, asked } = await swept(names, async (name) => {
      if (name.endsWith('3')) throw new Error('away');
      return name.endsWith('4') ? { outcome: 'retry', code: 'CONFLICT' } : { outcome: 'settled' };
    });
    expect(asked).toHaveLength(25);
    expect(result).toEqual({ passes: 25, failed: 6 });
  });
});
