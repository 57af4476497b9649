import { describe, expect, it } from 'vitest';
import type { AgentRunSpec } from '../../../crds/agentrun.ts';
import type { LifecycleHook, LifecycleHooks } from '../../../crds/lifecycle.ts';
import type { ContainerStatus } from '../../../shared/pods/pod.ts';
import { aJob, anAgentRun, anExecuting, aPod, aStarting, CONFIG, later, RUNNING } from '../fixtures.ts';
import { planAgentRun } from '../plan.ts';
import { postRunJob } from './post-run-job.ts';

const CLONE: LifecycleHook = { name: 'clone', image: 'git:1', args: ['clone'], timeout: '30s' };
const NOTIFY: LifecycleHook = { name: 'notify', image: 'notify:1' };

const starting = (lifecycle: Partial<LifecycleHooks>, spec: Partial<AgentRunSpec> = {}) =>
  aStarting({ primary: anAgentRun({ spec: { lifecycle: { gateDefault: 'block', ...lifecycle }, ...spec } }) });
const podOf = (lifecycle: Partial<LifecycleHooks>, spec: Partial<AgentRunSpec> = {}) =>
  aJob(starting(lifecycle, spec)).spec.template.spec;

describe('preRun hooks', () => {
  it('are init containers with the folders of the agent and the variables of the run, and add no container [RUN-053]', () => {
    const pod = podOf({ preRun: [CLONE] }, { env: { REGION: 'north' } });
    expect(pod.containers).toHaveLength(2);
    expect(pod.initContainers).toEqual([
      expect.objectContaining({
        name: 'pre-clone',
        image: 'git:1',
        args: ['clone'],
        env: [
          { name: 'AGENT_RUN_ID', value: 'run-1' },
          { name: 'INSTANCE_NAME', value: 'inst' },
          { name: 'AGENT_NAMESPACE', value: 'team' },
          { name: 'REGION', value: 'north' },
        ],
        securityContext: expect.objectContaining({ readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } }),
        volumeMounts: [
          { name: 'workspace', mountPath: '/workspace' },
          { name: 'ipc', mountPath: '/ipc' },
          { name: 'tmp', mountPath: '/tmp' },
        ],
      }),
    ]);
  });

  it('come after whatever else prepares the pod [RUN-054] [RUN-W48]', () => {
    const server = { name: 'tickets', url: 'http://tickets.example/mcp' };
    const seen = starting({ preRun: [CLONE, NOTIFY] });
    const instance = seen.instance;
    if (instance === undefined) throw new Error('The run has an instance');
    const mcpServers = [{ name: server.name, url: server.url, toolsPrefix: 'tickets', timeout: 30 }];
    const job = aJob({ ...seen, instance: { ...instance, spec: { ...instance.spec, mcpServers } } });
    const names = (job.spec.template.spec.initContainers ?? []).map(({ name }) => name);
    expect(names).toEqual(['mcp-discover', 'pre-clone', 'pre-notify']);
  });

  it('are not there without a lifecycle [RUN-055]', () => {
    expect(aJob().spec.template.spec.initContainers).toBeUndefined();
  });

  it('alone need no claim for the workspace; postRun hooks do [RUN-056]', () => {
    const workspace = (lifecycle: Partial<LifecycleHooks>) => podOf(lifecycle).volumes[0];
    expect(workspace({ preRun: [CLONE] })).toEqual({ name: 'workspace', emptyDir: { sizeLimit: '1Gi' } });
    expect(workspace({ postRun: [NOTIFY] })).toEqual({
      name: 'workspace',
      persistentVolumeClaim: { claimName: 'run-1-workspace' },
    });
  });

  it('that take longer than their time-out fail the run [RUN-W48]', () => {
    const seen = starting({ preRun: [CLONE] });
    const running: ContainerStatus = { name: 'pre-clone', state: { running: { startedAt: later(5).toISOString() } } };
    const pod = aPod({ phase: 'Pending', initContainerStatuses: [running] });
    const lifecycle = { preRun: [CLONE], gateDefault: 'block' as const };
    const resolution = { ...RUNNING.resolution, lifecycle } as NonNullable<typeof RUNNING.resolution>;
    const primary = anAgentRun({ spec: seen.primary.spec, status: { ...RUNNING, resolution } });
    const at = (seconds: number) =>
      planAgentRun(anExecuting({ primary, job: aJob(seen), pod }), later(seconds), CONFIG);
    expect(at(15)).toMatchObject({ actions: [], requeueAfterSeconds: 20 });
    expect(at(35).actions).toContainEqual({
      verb: 'applyStatus',
      status: expect.objectContaining({
        phase: 'Failed',
        error: 'preRun hook "clone" took longer than its time-out of 30s',
      }),
    });
  });
});

describe('hooks that cannot work fail the run before it begins', () => {
  const gate = (name: string): LifecycleHook => ({ name, image: 'gate:1', gate: true });
  it.each<{ what: string; lifecycle: Partial<LifecycleHooks>; error: string }>([
    {
      what: 'a gate before the agent [RUN-009]',
      lifecycle: { preRun: [gate('g')] },
      error: 'gate hook validation failed: gate: true is only valid on postRun hooks, not preRun (hook "g")',
    },
    {
      what: 'two gates [RUN-010]',
      lifecycle: { postRun: [gate('a'), gate('b')] },
      error: 'gate hook validation failed: at most one postRun hook may have gate: true, found 2',
    },
    {
      what: 'a name that no container may have',
      lifecycle: { postRun: [{ name: 'Notify_All', image: 'x:1' }] },
      error: 'name of lifecycle.postRun hook "Notify_All" must be lower case letters, digits and dashes',
    },
    {
      what: 'a name twice',
      lifecycle: { postRun: [NOTIFY, NOTIFY] },
      error: 'name of lifecycle.postRun hook "notify" must be unique',
    },
    {
      what: 'no image',
      lifecycle: { preRun: [{ name: 'clone', image: '' }] },
      error: 'image of lifecycle.preRun hook "clone" must not be empty',
    },
  ])('$what', ({ lifecycle, error }) => {
    const { actions } = planAgentRun(starting(lifecycle), later(1), CONFIG);
    expect(actions.filter((action) => 'object' in action)).toEqual([]);
    expect(actions).toContainEqual({
      verb: 'applyStatus',
      status: expect.objectContaining({ phase: 'Failed', error }),
    });
  });
});

describe('the Job of postRun hooks', () => {
  const lifecycle: LifecycleHooks = { postRun: [NOTIFY], gateDefault: 'block' };
  const resolution = { ...RUNNING.resolution, lifecycle } as NonNullable<typeof RUNNING.resolution>;
  const resultIn = (text: string): string => {
    const { initContainers = [] } = postRunJob(anAgentRun(), resolution, { exitCode: 0, text }, CONFIG).spec.template
      .spec;
    return initContainers[0]?.env?.find(({ name }) => name === 'AGENT_RESULT')?.value ?? '';
  };

  it('tells of an answer at most 32768 bytes, whole characters only [RUN-089]', () => {
    expect(resultIn('x'.repeat(40_000))).toHaveLength(32_768);
    expect(new TextEncoder().encode(resultIn('€'.repeat(20_000))).length).toBe(32_766);
  });

  it('begins best where the agent ran, where the workspace may still be [RUN-W47]', () => {
    const report = { exitCode: 0, text: '', nodeName: 'node-7' } as const;
    const model = { ...resolution.model, nodeSelector: { pool: 'agents' } };
    const { affinity, nodeSelector } = postRunJob(anAgentRun(), { ...resolution, model }, report, CONFIG).spec.template
      .spec;
    expect(nodeSelector).toEqual({ pool: 'agents' });
    expect(JSON.stringify(affinity)).toContain('"values":["node-7"]');
  });
});
