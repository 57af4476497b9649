import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Job, JobSpec, JobStatus, Pod } from '../client/core-types.ts';
import { isJobFinished, planJob, TRACKING_FINALIZER } from './job-plan.ts';

const NOW = Date.parse('2026-01-02T03:04:05Z');
const CONFIG = { podBackoffMs: 0 };

function aJob(spec: Partial<JobSpec> = {}, status?: JobStatus): Job {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'j', namespace: 'n', uid: 'job' },
    spec: {
      parallelism: 1,
      completions: 1,
      backoffLimit: 0,
      template: { spec: { containers: [], restartPolicy: 'Never' } },
      ...spec,
    },
    ...(status !== undefined && { status }),
  };
}

function aPod(
  uid: string,
  phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed',
  over: Partial<Pod['metadata']> = {},
): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: uid, namespace: 'n', uid, finalizers: [TRACKING_FINALIZER], ...over },
    spec: { containers: [] },
    status: { phase },
  };
}

const reasonOf = (status: JobStatus | undefined, type: string): string | undefined =>
  status?.conditions?.find((c) => c.type === type)?.reason;

describe('planJob', () => {
  it('creates the first pod and sets the start time when the Job is new', () => {
    const plan = planJob(aJob(), [], NOW, CONFIG);
    expect(plan.create).toBe(1);
    expect(plan.status).toMatchObject({ active: 1, startTime: '2026-01-02T03:04:05Z' });
  });

  it('creates nothing and has no start time when the Job is suspended', () => {
    const plan = planJob(aJob({ suspend: true }), [aPod('a', 'Running')], NOW, CONFIG);
    expect(plan.create).toBe(0);
    expect(plan.remove.map((pod) => pod.metadata.uid)).toEqual(['a']);
    expect(reasonOf(plan.status, 'Suspended')).toBe('JobSuspended');
  });

  it('stores a finished pod as uncounted before its finalizer goes', () => {
    const plan = planJob(aJob({}, { startTime: '2026-01-02T03:04:00Z' }), [aPod('a', 'Succeeded')], NOW, CONFIG);
    expect(plan.release).toEqual([]);
    expect(plan.status?.uncountedTerminatedPods).toEqual({ succeeded: ['a'] });
    expect(reasonOf(plan.status, 'SuccessCriteriaMet')).toBe('CompletionsReached');
    expect(reasonOf(plan.status, 'Complete')).toBeUndefined();
  });

  it('counts a pod that somebody deleted while it ran as failed', () => {
    const going = aPod('a', 'Running', { deletionTimestamp: '2026-01-02T03:04:04Z' });
    const plan = planJob(aJob({}, { startTime: '2026-01-02T03:04:00Z' }), [going], NOW, CONFIG);
    expect(reasonOf(plan.status, 'FailureTarget')).toBe('BackoffLimitExceeded');
    expect(reasonOf(plan.status, 'Failed')).toBeUndefined();
  });

  it('ends what runs with DeadlineExceeded when the deadline has passed', () => {
    const job = aJob({ activeDeadlineSeconds: 5 }, { startTime: '2026-01-02T03:04:00Z', active: 1 });
    const plan = planJob(job, [aPod('a', 'Running')], NOW, CONFIG);
    expect(plan.remove).toHaveLength(1);
    expect(reasonOf(plan.status, 'FailureTarget')).toBe('DeadlineExceeded');
  });

  it('asks to be called again at the deadline when it is still to come', () => {
    const job = aJob({ activeDeadlineSeconds: 8 }, { startTime: '2026-01-02T03:04:00Z' });
    expect(planJob(job, [aPod('a', 'Running')], NOW, CONFIG).requeueAfterMs).toBe(3000);
  });

  it('waits for the back-off when a failed pod is to be replaced', () => {
    const failed = aPod('a', 'Failed', { creationTimestamp: '2026-01-02T03:04:05Z' });
    const plan = planJob(aJob({ backoffLimit: 3 }, { startTime: '2026-01-02T03:04:00Z' }), [failed], NOW, {
      podBackoffMs: 10_000,
    });
    expect(plan).toMatchObject({ create: 0, requeueAfterMs: 10_000 });
  });

  it('releases every pod and writes no status when the Job is being deleted', () => {
    const job = aJob();
    job.metadata.deletionTimestamp = '2026-01-02T03:04:05Z';
    expect(planJob(job, [aPod('a', 'Running')], NOW, CONFIG)).toMatchObject({
      create: 0,
      release: [{ metadata: { uid: 'a' } }],
    });
  });
});

/** A Job's world: every plan is carried out up to `cut` writes, then pods go on by themselves. */
interface World {
  job: Job;
  pods: Pod[];
  made: number;
}

function carryOut(world: World, cut: number): number {
  const plan = planJob(world.job, world.pods, NOW, CONFIG);
  const writes: (() => void)[] = [];
  if (plan.status !== undefined) writes.push(() => Object.assign(world.job, { status: plan.status }));
  for (const pod of plan.release) writes.push(() => Object.assign(pod.metadata, { finalizers: [] }));
  for (const pod of plan.remove) writes.push(() => Object.assign(pod.metadata, { deletionTimestamp: 'now' }));
  for (let n = 0; n < plan.create; n++) writes.push(() => world.pods.push(aPod(`p${world.made++}`, 'Pending')));
  for (const write of writes.slice(0, cut)) write();
  return writes.length;
}

/** Pods finish as drawn; deleted ones that have ended and are released go away. */
function live(world: World, outcomes: boolean[]): void {
  world.pods.forEach((pod, index) => {
    if (pod.metadata.deletionTimestamp !== undefined && pod.status?.phase !== 'Succeeded')
      pod.status = { phase: 'Failed' };
    else if (pod.status?.phase === 'Pending') pod.status = { phase: 'Running' };
    else if (pod.status?.phase === 'Running')
      pod.status = { phase: outcomes[index % outcomes.length] === true ? 'Succeeded' : 'Failed' };
  });
  world.pods = world.pods.filter(
    (pod) => pod.metadata.deletionTimestamp === undefined || (pod.metadata.finalizers ?? []).length > 0,
  );
}

describe('a Job over its life', () => {
  const anySpec = fc.record({
    parallelism: fc.integer({ min: 1, max: 3 }),
    completions: fc.integer({ min: 1, max: 4 }),
    backoffLimit: fc.integer({ min: 0, max: 2 }),
  });

  it('ends with the right verdict and exact counts when passes are cut at any write', () => {
    fc.assert(
      fc.property(
        anySpec,
        fc.array(fc.boolean(), { minLength: 1 }),
        fc.array(fc.nat(4), { minLength: 1 }),
        (spec, outcomes, cuts) => {
          const world: World = { job: aJob(spec), pods: [], made: 0 };
          for (let turn = 0; turn < 200 && !isJobFinished(world.job); turn++) {
            const before = { ...world.job.status };
            carryOut(world, (cuts[turn % cuts.length] ?? 0) + (turn % 3));
            expect(world.job.status?.succeeded ?? 0).toBeGreaterThanOrEqual(before.succeeded ?? 0);
            expect(world.job.status?.failed ?? 0).toBeGreaterThanOrEqual(before.failed ?? 0);
            const active = world.pods.filter((pod) => ['Pending', 'Running'].includes(pod.status?.phase ?? ''));
            expect(active.filter((pod) => pod.metadata.deletionTimestamp === undefined).length).toBeLessThanOrEqual(
              spec.parallelism,
            );
            live(world, outcomes);
          }
          const { status = {} } = world.job;
          expect(isJobFinished(world.job)).toBe(true);
          // Every pod that was made is in exactly one of the two numbers.
          expect((status.succeeded ?? 0) + (status.failed ?? 0)).toBe(world.made);
          const complete = reasonOf(status, 'Complete') !== undefined;
          expect(complete).toBe(reasonOf(status, 'Failed') === undefined);
          expect(complete).toBe((status.succeeded ?? 0) >= spec.completions);
        },
      ),
    );
  });

  it('writes nothing more when it has settled', () => {
    fc.assert(
      fc.property(anySpec, fc.array(fc.boolean(), { minLength: 1 }), (spec, outcomes) => {
        const world: World = { job: aJob(spec), pods: [], made: 0 };
        for (let turn = 0; turn < 100; turn++) {
          carryOut(world, 99);
          live(world, outcomes);
        }
        expect(carryOut(world, 99)).toBe(0);
      }),
    );
  });
});
