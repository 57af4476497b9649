import { describe, expect, it } from 'vitest';
import type { Pod } from '../client/core-types.ts';
import { type ContainerRecord, type PodFacts, podStatus, qosClass } from './pod-status.ts';
import { refusalOf } from './scheduler.ts';

const NOW = Date.parse('2026-01-02T03:04:05Z');

function aPod(over: Partial<Pod['spec']> = {}, status?: Pod['status']): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'n', uid: 'u' },
    spec: { containers: [{ name: 'main', image: 'i' }], ...over },
    ...(status !== undefined && { status }),
  };
}

const facts = (over: Partial<PodFacts> = {}): PodFacts => ({
  initialized: true,
  startTime: NOW,
  address: '127.0.0.1',
  now: NOW,
  ...over,
});
const records = (...all: Partial<ContainerRecord>[]): Map<string, ContainerRecord> =>
  new Map(
    all.map((record) => {
      const whole: ContainerRecord = {
        name: 'main',
        state: 'waiting',
        restartCount: 0,
        started: false,
        ready: false,
        ...record,
      };
      return [whole.name, whole];
    }),
  );
const condition = (status: ReturnType<typeof podStatus>, type: string) =>
  status.conditions?.find((c) => c.type === type);

describe('podStatus', () => {
  it('is Pending and names what is not initialized when an init container runs', () => {
    const pod = aPod({ initContainers: [{ name: 'first' }] });
    const status = podStatus(
      pod,
      records({ name: 'first', state: 'running', started: true, ready: false, startedAt: NOW }),
      facts({ initialized: false }),
    );
    expect(status.phase).toBe('Pending');
    expect(condition(status, 'Initialized')).toMatchObject({
      status: 'False',
      message: 'containers with incomplete status: [first]',
    });
    expect(status.containerStatuses?.[0]?.state).toEqual({ waiting: { reason: 'PodInitializing' } });
  });

  it('is Running and ready when every container is', () => {
    const status = podStatus(
      aPod(),
      records({ state: 'running', started: true, ready: true, startedAt: NOW, containerID: 'local://x' }),
      facts(),
    );
    expect(status).toMatchObject({ phase: 'Running', podIP: '127.0.0.1' });
    expect(condition(status, 'Ready')?.status).toBe('True');
  });

  it('stays Running when a container waits for its restart', () => {
    const status = podStatus(aPod(), records({ reason: 'CrashLoopBackOff', last: { exitCode: 1 } }), facts());
    expect(status.phase).toBe('Running');
    expect(status.containerStatuses?.[0]?.lastState).toEqual({ terminated: { exitCode: 1 } });
  });

  it('tells code, reason and message of the end when the pod has failed', () => {
    const ended = records({ state: 'exited', exitCode: 3, message: 'why', startedAt: NOW, finishedAt: NOW });
    const status = podStatus(aPod(), ended, facts({ outcome: 'Failed', reason: 'Evicted', message: 'too much' }));
    expect(status).toMatchObject({ phase: 'Failed', reason: 'Evicted', message: 'too much' });
    expect(status.containerStatuses?.[0]?.state.terminated).toMatchObject({
      exitCode: 3,
      reason: 'Error',
      message: 'why',
    });
    expect(condition(status, 'ContainersReady')).toMatchObject({ status: 'False', reason: 'PodFailed' });
  });

  it('keeps the time of a condition as long as its status does not change', () => {
    const running = records({ state: 'running', started: true, ready: true, startedAt: NOW });
    const first = podStatus(aPod(), running, facts());
    const second = podStatus(aPod({}, first), running, facts({ now: NOW + 60_000 }));
    expect(second).toEqual(first);
  });
});

describe('qosClass', () => {
  const withResources = (resources: ResourceRequirementsOf): Pod => aPod({ containers: [{ name: 'main', resources }] });
  type ResourceRequirementsOf = NonNullable<Pod['spec']['containers'][number]['resources']>;
  it.each<[string, ResourceRequirementsOf, string]>([
    ['nothing is set', {}, 'BestEffort'],
    ['only memory is limited', { limits: { memory: '1Gi' } }, 'Burstable'],
    [
      'requests equal limits',
      { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1000m', memory: '1024Mi' } },
      'Guaranteed',
    ],
  ])('when %s', (_when, resources, wanted) => {
    expect(qosClass(withResources(resources))).toBe(wanted);
  });
});

describe('refusalOf', () => {
  const node = { name: 'local', labels: { disk: 'ssd' } };
  it('binds a pod when its node selector fits', () => {
    expect(refusalOf(aPod({ nodeSelector: { disk: 'ssd' } }), node)).toBeUndefined();
  });
  it('says Unschedulable when it does not, and SchedulingGated when a gate is closed', () => {
    expect(refusalOf(aPod({ nodeSelector: { disk: 'tape' } }), node)?.reason).toBe('Unschedulable');
    expect(refusalOf(aPod({ schedulingGates: [{ name: 'g' }] }), node)?.reason).toBe('SchedulingGated');
  });
});
