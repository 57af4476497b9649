import { expect, it } from 'vitest';
import { KINDS } from '../../crds/group.ts';
import type { SympoziumSchedule } from '../../crds/sympoziumschedule.ts';
import { addInstance, aScene } from '../../functions/route-schedule/fixtures.ts';
import { loadCase } from './agentrun-golden.ts';

const CASE = loadCase('router-schedule-upsert');
const NAMESPACE = 'golden';

interface Publish {
  publish: { metadata: Record<string, string>; data: object };
}

/**
 * Deviations: schedules belong to their instance [CTL-WT5], requests that cannot be carried out are parked with their reason
 * instead of dropped [CTL-WT4], and finalizers and status are the reconciler's.
 */
it('makes of the recorded requests what the original made [CTL-088] [CTL-089] [CTL-091] [CTL-092]', async () => {
  const scene = aScene();
  addInstance(scene.world, NAMESPACE, 'inst-ug1');
  const outcomes: string[] = [];
  for (const step of CASE.steps as (Publish | object)[]) {
    if (!('publish' in step)) continue;
    const { metadata, data } = step.publish;
    const { outcome } = await scene.deliver(scene.shared(data, metadata), { sharedSubjects: true });
    outcomes.push(outcome);
  }
  expect(outcomes).toEqual(['settled', 'settled', 'settled', 'settled', 'terminal', 'terminal']);
  const form = ({ metadata: { name, labels }, spec: { suspend = false, ...spec } }: SympoziumSchedule) => ({
    name,
    labels,
    spec: { ...spec, suspend },
  });
  const made = scene.world.store.all(KINDS.SympoziumSchedule).map(({ object }) => form(object as SympoziumSchedule));
  const recorded = Object.values(CASE.output.created ?? {}).map(({ object }) => form(object as SympoziumSchedule));
  const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);
  expect(made.sort(byName)).toEqual(recorded.sort(byName));
});
