import { describe, expect, it } from 'vitest';
import { KINDS } from '../../crds/group.ts';
import { COMPONENTS, LABELS } from '../../crds/labels.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { JOBS, PODS } from '../../shared/kube/resources.ts';
import type { Job } from '../../shared/pods/job.ts';
import type { Pod } from '../../shared/pods/pod.ts';
import { reconcile } from '../../shared/reconcile/pass.ts';
import {
  createPod,
  endContainer,
  endPod,
  populateRun,
  RUN_KEY,
  runIn,
  startPod,
} from '../../test/property/agentrun-world.ts';
import { answer } from '../../test/property/world/kube.ts';
import { createWorld, type World } from '../../test/property/world/world.ts';
import { CONFIG } from './fixtures.ts';
import { agentRunReconciler } from './reconciler.ts';

const RESULT = '__SYMPOZIUM_RESULT__{"status":"success","response":"Three."}__SYMPOZIUM_END__\n';

const pass = (world: World, kube = world.kube) =>
  reconcile(
    agentRunReconciler,
    RUN_KEY,
    { kube, bus: world.bus, config: CONFIG, now: world.clock.now, report: () => {} },
    new AbortController().signal,
  );

/** A world with a run whose pod is at work. */
async function aWorldAtWork(): Promise<World> {
  const world = createWorld();
  populateRun(world);
  await pass(world);
  const job = world.store.all(JOBS)[0]?.object as Job;
  createPod(world, job);
  startPod(world, podIn(world));
  return world;
}

const podIn = ({ store }: World): Pod => store.all(PODS)[0]?.object as Pod;
const statusIn = (world: World) => runIn(world)?.status;

describe('a pass over a run', () => {
  it('finds the result when the Job is complete before the pod was ever seen [RUN-W01]', async () => {
    const world = await aWorldAtWork();
    endContainer(world, podIn(world), 'agent', 0, RESULT);
    endPod(world, podIn(world), world.store.all(JOBS)[0]?.object as Job);
    await pass(world);
    expect(statusIn(world)).toMatchObject({ phase: 'Succeeded', result: 'Three.', podName: 'run-1-x1y2z' });
  });

  it("takes no other pod for the run's, though it has its labels [RUN-W01]", async () => {
    const world = await aWorldAtWork();
    const labels = { [LABELS.agentRun]: RUN_KEY.name, [LABELS.component]: COMPONENTS.agentRun };
    const metadata = { name: 'a-impostor', namespace: RUN_KEY.namespace, labels };
    world.store.create(PODS, { apiVersion: 'v1', kind: 'Pod', metadata, status: { phase: 'Running' } } as KubeObject);
    await pass(world);
    expect(statusIn(world)?.podName).toBe('run-1-x1y2z');
  });

  it('is tried again when the log cannot be read, and then finds the result [RUN-W23]', async () => {
    const world = await aWorldAtWork();
    endContainer(world, podIn(world), 'agent', 0, RESULT);
    world.clock.advance(60);
    const broken = async () => {
      throw answer(500, 'InternalError', 'the kubelet does not answer');
    };
    expect(await pass(world, { ...world.kube, logs: broken })).toEqual({
      outcome: 'retry',
      code: 'UPSTREAM_UNAVAILABLE',
    });
    expect(statusIn(world)?.phase).not.toBe('Failed');
    await pass(world);
    expect(statusIn(world)).toMatchObject({ phase: 'Succeeded', result: 'Three.' });
  });

  it('fails nothing when a read fails for a moment [RUN-W11]', async () => {
    const world = createWorld();
    populateRun(world);
    world.clock.advance(60);
    const broken: World['kube']['get'] = async (resource, at, options) => {
      if (resource.kind === 'SympoziumInstance') throw answer(503, 'ServiceUnavailable', 'try again');
      return world.kube.get(resource, at, options);
    };
    expect(await pass(world, { ...world.kube, get: broken })).toMatchObject({ outcome: 'retry' });
    expect(statusIn(world)).toBeUndefined();
  });

  it('writes nothing when somebody else wrote the run meanwhile, and is tried again [RUN-002] [RUN-W02]', async () => {
    const world = await aWorldAtWork();
    const list: World['kube']['list'] = async (resource, options) => {
      const run = runIn(world);
      if (run !== undefined) {
        const annotations = { touched: String(run.metadata.resourceVersion) };
        world.store.update(KINDS.AgentRun, run, { ...run, metadata: { ...run.metadata, annotations } });
      }
      return world.kube.list(resource, options);
    };
    expect(await pass(world, { ...world.kube, list })).toEqual({ outcome: 'retry', code: 'CONFLICT' });
    expect(statusIn(world)).toBeUndefined();
  });

  it.each([
    { policies: { 'sympozium-system': 1 }, phase: 'Failed' },
    { policies: { 'sympozium-system': 1, [RUN_KEY.namespace]: 5 }, phase: undefined },
  ])('is bound by the policy of its own namespace, or else by a built-in one: $policies [CTL-WA7]', async (row) => {
    const world = createWorld();
    populateRun(world);
    const [run, instance] = [runIn(world), world.store.all(KINDS.SympoziumInstance)[0]?.object as SympoziumInstance];
    if (run === undefined) throw new Error('The world has no run');
    const parent = { runName: 'p', sessionKey: 's', spawnDepth: 1 };
    world.store.update(KINDS.AgentRun, run, { ...run, spec: { ...run.spec, parent } } as KubeObject);
    const bound = { ...instance, spec: { ...instance.spec, policyRef: 'strict' } };
    world.store.update(KINDS.SympoziumInstance, instance, bound);
    for (const [namespace, maxDepth] of Object.entries(row.policies)) {
      const spec = { subagentPolicy: { maxDepth, maxConcurrent: 5 } };
      const { apiVersion } = run;
      const metadata = { name: 'strict', namespace };
      world.store.create(KINDS.SympoziumPolicy, { apiVersion, kind: 'SympoziumPolicy', metadata, spec } as KubeObject);
    }
    world.clock.advance(60);
    await pass(world);
    expect(statusIn(world)?.phase).toBe(row.phase);
  });

  it('reads of Secrets only that they exist, and a handful of objects in all [RUN-W31] [RUN-W32]', async () => {
    const world = createWorld();
    populateRun(world);
    const reads: string[] = [];
    const get: World['kube']['get'] = async (resource, at, options) => {
      reads.push(`${resource.kind}${options?.metadataOnly === true ? ' metadata' : ''}`);
      return world.kube.get(resource, at, options);
    };
    await pass(world, { ...world.kube, get });
    expect(reads.toSorted()).toEqual([
      'AgentRun',
      'Namespace',
      'Secret metadata',
      'ServiceAccount metadata',
      'SympoziumInstance',
    ]);
  });

  it("never takes a stranger's Job that has the name of its own for it, and says so [RUN-019]", async () => {
    const world = createWorld();
    populateRun(world);
    const metadata = { name: RUN_KEY.name, namespace: RUN_KEY.namespace };
    world.store.create(JOBS, { apiVersion: 'batch/v1', kind: 'Job', metadata } as KubeObject);
    expect(await pass(world)).toMatchObject({ outcome: 'retry' });
    await pass(world);
    expect(statusIn(world)).toMatchObject({ phase: 'Failed', error: expect.stringContaining('does not belong') });
    expect(world.store.all(JOBS)).toHaveLength(1);
  });

  it('takes the result from the log when the bus is away, and tells it once that is back', async () => {
    const world = await aWorldAtWork();
    world.bus.setAway(true);
    endContainer(world, podIn(world), 'agent', 0, RESULT);
    expect(await pass(world)).toMatchObject({ outcome: 'retry' });
    expect(statusIn(world)?.phase).toBe('Succeeded');
    expect(runIn(world)?.metadata.labels?.[LABELS.finished]).toBeUndefined();
    world.bus.setAway(false);
    expect(await pass(world)).toEqual({ outcome: 'settled' });
    expect(world.bus.published()).toHaveLength(1);
    expect(runIn(world)?.metadata.labels?.[LABELS.finished]).toBe('true');
  });
});
