import { describe, expect, it } from 'vitest';
import type { AgentRunSpec } from '../../crds/agentrun.ts';
import { API_VERSION, KINDS } from '../../crds/group.ts';
import { LABELS } from '../../crds/labels.ts';
import { loadRunConfig } from '../../functions/reconcile-agentrun/config.ts';
import type { Sandbox } from '../../functions/reconcile-agentrun/pod/sandbox.ts';
import { agentRunReconciler } from '../../functions/reconcile-agentrun/reconciler.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { SANDBOXES } from '../../shared/kube/resources.ts';
import { reconcile } from '../../shared/reconcile/pass.ts';
import { playRunMove, populateRun, RUN_KEY, type RunMove, runIn, sceneOf } from './agentrun-world.ts';
import { createWorld, type World } from './world/world.ts';

const config = loadRunConfig({});
const { namespace } = RUN_KEY;

interface Wish {
  spec?: Partial<AgentRunSpec>;
  /** `agents.default.agentSandbox` of the instance. */
  instance?: object;
  /** `sandboxPolicy` of its policy. */
  policy?: object;
  retries?: number;
  prepare?: (world: World) => void;
}

/** A world with a run that may want a Sandbox, after its first pass. */
async function aRun({ spec = { agentSandbox: { enabled: true } }, instance, policy, retries = 0, prepare }: Wish = {}) {
  const world = createWorld();
  const { store } = world;
  populateRun(world);
  const change = (kind: 'AgentRun' | 'SympoziumInstance' | 'SympoziumPolicy', name: string, to: object) => {
    const object = store.get(KINDS[kind], namespace, name) as KubeObject & { spec: object };
    store.update(KINDS[kind], object, { ...object, spec: { ...object.spec, ...to } } as KubeObject);
  };
  change('AgentRun', RUN_KEY.name, spec);
  const agents = { default: { model: 'small', ...(instance !== undefined && { agentSandbox: instance }) } };
  change('SympoziumInstance', 'inst', {
    agents,
    ...((policy !== undefined || retries > 0) && { policyRef: 'patient' }),
  });
  change('SympoziumPolicy', 'patient', { sandboxPolicy: policy, retryPolicy: { infrastructureFailures: retries } });
  prepare?.(world);
  const pass = async () => {
    const dependencies = { ...world, config, now: world.clock.now, report: () => {} };
    await reconcile(agentRunReconciler, RUN_KEY, dependencies, new AbortController().signal);
    world.collect();
  };
  await pass();
  return {
    world,
    pass,
    sandbox: () => store.get(SANDBOXES, namespace, 'sb-run-1') as Sandbox | undefined,
    status: () => runIn(world)?.status ?? {},
    condition: () => runIn(world)?.status?.conditions?.[0],
    async after(...moves: RunMove[]) {
      for (const move of moves) {
        playRunMove(world, move);
        await pass();
      }
    },
  };
}

const STARTS: RunMove[] = [{ what: 'podCreated' }, { what: 'agentStarts' }];
const ANSWERS: RunMove = { what: 'agentEnds', exitCode: 0, said: 'log', status: 'success' };

describe('a run with agentSandbox', () => {
  it('has a Sandbox of its runtime class instead of a Job, and both its parts, and names it in its status [RUN-110] [RUN-111]', async () => {
    const spec = { agentSandbox: { enabled: true, runtimeClass: 'gvisor' }, sandbox: { enabled: true } };
    const run = await aRun({ spec });
    expect(run.sandbox()).toMatchObject({
      metadata: {
        labels: { [LABELS.agentSandbox]: 'true', [LABELS.instance]: 'inst' },
        ownerReferences: [{ kind: 'AgentRun', name: 'run-1', controller: true }],
      },
      spec: { podTemplate: { spec: { runtimeClassName: 'gvisor', serviceAccountName: 'sympozium-agent' } } },
    });
    const names = run.sandbox()?.spec.podTemplate.spec.containers.map(({ name }) => name);
    expect(names).toEqual(['agent', 'ipc-bridge', 'sandbox']);
    await run.after(...STARTS);
    expect(run.status()).toMatchObject({ phase: 'Running', sandboxName: 'sb-run-1', podName: 'sb-run-1' });
    expect(run.status().jobName).toBeUndefined();
    expect(run.world.store.created('Job')).toEqual([]);
  });

  it('gives its pod all that a Job would give it: arguments, values from Secrets, volumes, seccomp [RUN-W44]', async () => {
    const preRun = [{ name: 'clone', image: 'git:1', command: ['sh'], args: ['-c', 'true'] }];
    const lifecycle = { preRun, gateDefault: 'block' as const };
    const plain = await aRun({ spec: { lifecycle } });
    const boxed = await aRun({ spec: { lifecycle, agentSandbox: { enabled: true } } });
    const { activeDeadlineSeconds, ...spec } = boxed.sandbox()?.spec.podTemplate.spec ?? {};
    const job = sceneOf(plain.world).job?.spec;
    expect(spec).toEqual(job?.template.spec);
    expect(activeDeadlineSeconds).toBe(job?.activeDeadlineSeconds);
  });

  it('ends with the answer that its agent printed, even when its pod failed, and leaves no Sandbox [RUN-W45]', async () => {
    const run = await aRun();
    await run.after(...STARTS, { ...ANSWERS, exitCode: 1 }, { what: 'podEnds' });
    expect(run.status()).toMatchObject({ phase: 'Succeeded', result: 'Three.' });
    expect(run.sandbox()).toBeUndefined();
  });

  it('is over at its time-out, though its Sandbox has none [RUN-W45]', async () => {
    const run = await aRun();
    await run.after(...STARTS, { what: 'time', seconds: 1000 });
    expect(run.condition()).toMatchObject({ status: 'False', reason: 'Timeout' });
    expect(run.sandbox()).toBeUndefined();
  });

  it('fails when its Sandbox is taken away while it runs [RUN-115]', async () => {
    const run = await aRun();
    await run.after(...STARTS, { what: 'jobRemoved' });
    expect(run.status()).toMatchObject({ phase: 'Failed', error: 'sandbox CR "sb-run-1" not found' });
  });

  it('is ended when its Sandbox makes another pod for one that was lost, and never begun anew', async () => {
    const run = await aRun({ retries: 2 });
    await run.after(...STARTS, { what: 'podLost' }, { what: 'podCreated' });
    expect(run.condition()).toMatchObject({ reason: 'PodFailed', message: expect.stringContaining('was lost') });
    expect(run.sandbox()).toBeUndefined();
    expect(run.world.store.created('Sandbox')).toHaveLength(1);
  });

  it('takes its Sandbox with it when it is deleted [RUN-113]', async () => {
    const run = await aRun();
    await run.after({ what: 'runDeleted' });
    expect(run.sandbox()).toBeUndefined();
  });

  it('fails at once where the cluster has no agent-sandbox API, and the next one runs once it has [RUN-114] [RUN-W46]', async () => {
    const without = await aRun({ prepare: ({ missing }) => missing.add(SANDBOXES) });
    expect(without.status()).toMatchObject({
      phase: 'Failed',
      error: 'agent-sandbox mode requires dynamic client (agent-sandbox CRDs not available)',
      conditions: [{ reason: 'SandboxUnavailable' }],
    });
    expect(without.world.store.created('Job')).toEqual([]);
    const { store, missing } = without.world;
    missing.delete(SANDBOXES);
    store.remove(KINDS.AgentRun, store.get(KINDS.AgentRun, namespace, RUN_KEY.name) as KubeObject);
    populateRun(without.world, undefined, 0, { enabled: true });
    await without.pass();
    expect(without.sandbox()).toBeDefined();
  });

  it('is refused a pod of a warm pool, which could never be given its task [RUN-W46]', async () => {
    const run = await aRun({ spec: { agentSandbox: { enabled: true, warmPoolRef: 'pool' } } });
    expect(run.condition()).toMatchObject({
      reason: 'SandboxUnavailable',
      message: expect.stringContaining('spec.agentSandbox.warmPoolRef'),
    });
    expect(run.sandbox()).toBeUndefined();
  });

  it.each([
    { whose: 'its own', wish: { spec: { agentSandbox: { enabled: true, runtimeClass: 'kata' } } }, is: 'kata' },
    { whose: "its instance's", wish: { spec: {}, instance: { enabled: true, runtimeClass: 'gvisor' } }, is: 'gvisor' },
    {
      whose: "its policy's",
      wish: {
        instance: { enabled: true },
        policy: { required: false, agentSandboxPolicy: { required: false, defaultRuntimeClass: 'runc' } },
      },
      is: 'runc',
    },
  ])('has the runtime class of $whose wish [RUN-W46]', async ({ wish, is }) => {
    const run = await aRun(wish);
    expect(run.sandbox()?.spec.podTemplate.spec.runtimeClassName).toBe(is);
  });

  it('has no Sandbox of its instance where it says so, or has a sidecar for it', async () => {
    const instance = { enabled: true };
    for (const spec of [{ agentSandbox: { enabled: false } }, { sandbox: { enabled: true } }]) {
      const run = await aRun({ spec, instance });
      expect(run.sandbox()).toBeUndefined();
      expect(sceneOf(run.world).job?.kind).toBe('Job');
    }
  });

  it("is judged by the runtime class that it gets from its instance, by its policy's list", async () => {
    const policy = { required: false, agentSandboxPolicy: { required: false, allowedRuntimeClasses: ['gvisor'] } };
    const run = await aRun({ spec: {}, instance: { enabled: true, runtimeClass: 'runc' }, policy });
    expect(run.condition()).toMatchObject({ reason: 'PolicyDenied', message: expect.stringContaining('runc') });
  });

  it('is refused as a server, which would have no Sandbox', async () => {
    const { store } = (
      await aRun({
        spec: { mode: 'server', agentSandbox: { enabled: true }, skills: [{ skillPackRef: 'web' }] },
        prepare: ({ store: empty }) =>
          empty.create(KINDS.SkillPack, {
            apiVersion: API_VERSION,
            kind: 'SkillPack',
            metadata: { name: 'web', namespace },
            spec: { skills: [], sidecar: { image: 'web:1', requiresServer: true } },
          } as KubeObject),
      })
    ).world;
    expect(store.get(KINDS.AgentRun, namespace, RUN_KEY.name)).toMatchObject({
      status: { phase: 'Failed', error: 'agentSandbox is not supported with mode=server' },
    });
  });
});
