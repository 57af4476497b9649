import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AgentRun, AgentRunInput } from '../../crds/agentrun.ts';
import { KINDS } from '../../crds/group.ts';
import { ANNOTATIONS, FINALIZERS, LABELS } from '../../crds/labels.ts';
import type { LifecycleHooks } from '../../crds/lifecycle.ts';
import { loadRunConfig, type RunConfig } from '../../functions/reconcile-agentrun/config.ts';
import { agentRunReconciler } from '../../functions/reconcile-agentrun/reconciler.ts';
import { serviceAccountToken } from '../../infra/host/identity.ts';
import { createApplier, established, platformObjects } from '../../infra/local/content/apply.ts';
import type { StoredMessage } from '../../shared/bus/bus.ts';
import { runSubject } from '../../shared/bus/subjects.ts';
import type { Reply } from '../../shared/delivery/reply.ts';
import { createKubeClient, type KubeClient } from '../../shared/kube/client.ts';
import { connectionFrom } from '../../shared/kube/connection.ts';
import type { NetworkPolicy } from '../../shared/kube/network-policy.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import {
  CONFIG_MAPS,
  JOBS,
  NETWORK_POLICIES,
  PERSISTENT_VOLUME_CLAIMS,
  PODS,
  ROLE_BINDINGS,
  ROLES,
} from '../../shared/kube/resources.ts';
import { reconcile } from '../../shared/reconcile/pass.ts';
import type { BusMessage } from '../../shared/reconcile/plan.ts';

const NAMESPACE = `runs-${randomUUID().slice(0, 8)}`;
let admin: KubeClient;
/** Acts under the function's own ServiceAccount and its generated role. */
let own: KubeClient;
let config: RunConfig;

beforeAll(async () => {
  const connection = connectionFrom(process.env);
  admin = createKubeClient(connection);
  const apply = createApplier(admin, 'cluster-test');
  const { crds, identities } = await platformObjects();
  await apply(crds);
  await established(admin, crds);
  const instance = { metadata: { name: 'inst', namespace: NAMESPACE }, spec: { agents: { default: { model: 'm' } } } };
  const pack = {
    metadata: { name: 'ops', namespace: NAMESPACE },
    spec: {
      skills: [{ name: 'ops', content: 'Look at pods.' }],
      sidecar: { image: 'skill-ops:1', rbac: [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }] },
    },
  };
  await apply([
    ...identities,
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
    { apiVersion: 'sympozium.ai/v1alpha1', kind: 'SympoziumInstance', ...instance },
    { apiVersion: 'sympozium.ai/v1alpha1', kind: 'SkillPack', ...pack },
    {
      apiVersion: 'sympozium.ai/v1alpha1',
      kind: 'SympoziumPolicy',
      metadata: { name: 'two', namespace: NAMESPACE },
      spec: { subagentPolicy: { maxDepth: 3, maxConcurrent: 2 } },
    },
    {
      apiVersion: 'sympozium.ai/v1alpha1',
      kind: 'SympoziumPolicy',
      metadata: { name: 'closed', namespace: NAMESPACE },
      spec: {
        retryPolicy: { infrastructureFailures: 1 },
        networkPolicy: { allowedEgress: [{ host: '192.0.2.7', port: 5432 }, { host: 'api.example' }] },
      },
    },
    {
      apiVersion: 'sympozium.ai/v1alpha1',
      kind: 'SympoziumInstance',
      metadata: { name: 'enclosed', namespace: NAMESPACE },
      spec: { policyRef: 'closed', agents: { default: { model: 'm' } } },
    },
    {
      apiVersion: 'sympozium.ai/v1alpha1',
      kind: 'SympoziumInstance',
      metadata: { name: 'limited', namespace: NAMESPACE },
      spec: { policyRef: 'two', agents: { default: { model: 'm' } } },
    },
  ]);
  const { server, ca, skipTlsVerify } = connection;
  const token = serviceAccountToken(admin, 'sympozium-system', 'reconcile-agentrun');
  own = createKubeClient({
    server,
    token,
    ...(ca !== undefined && { ca }),
    ...(skipTlsVerify !== undefined && { skipTlsVerify }),
  });
  config = loadRunConfig({});
}, 60_000);

afterAll(async () => {
  const NAMESPACES = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false };
  await admin.remove({ resource: NAMESPACES, name: NAMESPACE });
  own.close();
  admin.close();
});

interface RunOptions {
  skills?: string[];
  instanceRef?: string;
  lifecycle?: LifecycleHooks;
}

/** A run on the server, with passes that can be cut, and a bus that holds what was published. */
function aRun(name: string, { skills = [], instanceRef = 'inst', lifecycle }: RunOptions = {}) {
  const messages = new Map<string, BusMessage>();
  let completed: StoredMessage | undefined;
  let writes = 0;
  let left = Number.POSITIVE_INFINITY;
  /** Counts a write that has been made, and kills the pass when its time has come. */
  const counted =
    <Args extends unknown[], Result>(write: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      if (left <= 0) throw new Error('The process was killed');
      const result = await write(...args);
      writes += 1;
      left -= 1;
      return result;
    };
  const kube = {
    ...own,
    apply: counted(own.apply) as KubeClient['apply'],
    applyStatus: counted(own.applyStatus) as KubeClient['applyStatus'],
    replace: counted(own.replace) as KubeClient['replace'],
    mergePatch: counted(own.mergePatch) as KubeClient['mergePatch'],
    remove: counted(own.remove),
  };
  const bus = {
    publish: async (message: BusMessage) => {
      if (left <= 0) throw new Error('The process was killed');
      messages.set(message.id, message);
      left -= 1;
    },
    remember: async () => undefined,
    last: async () => completed,
  };

  return {
    messages,
    writes: () => writes,
    async create(): Promise<void> {
      const run: AgentRunInput & KubeObject = {
        apiVersion: 'sympozium.ai/v1alpha1',
        kind: 'AgentRun',
        metadata: { name, namespace: NAMESPACE, labels: { [LABELS.instance]: instanceRef } },
        spec: {
          instanceRef,
          agentId: 'primary',
          sessionKey: '',
          task: 'Count.',
          model: { provider: 'scripted', model: 'm', authSecretRef: '' },
          skills: skills.map((skillPackRef) => ({ skillPackRef })),
          ...(lifecycle !== undefined && { lifecycle }),
        },
      };
      await admin.create(KINDS.AgentRun, run, { fieldManager: 'cluster-test' });
    },
    /** One pass, killed after so many steps. */
    pass(steps = Number.POSITIVE_INFINITY): Promise<Reply> {
      left = steps;
      const dependencies = { kube, bus, config, now: () => new Date(), report: () => undefined };
      return reconcile(agentRunReconciler, { namespace: NAMESPACE, name }, dependencies, AbortSignal.timeout(20_000));
    },
    async read(): Promise<AgentRun> {
      const run = await admin.get<AgentRun>(KINDS.AgentRun, { namespace: NAMESPACE, name });
      if (run === undefined) throw new Error(`Run ${name} is gone`);
      return run;
    },
    job: () => admin.get(JOBS, { namespace: NAMESPACE, name }),
    /** The real Job controller makes the pod; nothing here runs it. */
    async podAppears(): Promise<void> {
      const labelSelector = `${LABELS.agentRun}=${name}`;
      const pods = async () => (await admin.list(PODS, { namespace: NAMESPACE, labelSelector })).items.length;
      await expect.poll(pods, { timeout: 20_000 }).toBe(1);
    },
    async verdict(text: string): Promise<void> {
      const patch = { metadata: { annotations: { [ANNOTATIONS.gateVerdict]: text } } };
      const at = { resource: KINDS.AgentRun, namespace: NAMESPACE, name };
      await admin.mergePatch(at, patch, { fieldManager: 'cluster-test' });
    },
    async agentAnswers(response: string): Promise<void> {
      const { uid = '' } = (await this.read()).metadata;
      const payload = { data: { status: 'success', response, metrics: { inputTokens: 1, outputTokens: 2 } } };
      const subject = `${runSubject({ namespace: NAMESPACE, name, uid })}.completed`;
      completed = { subject, sequence: 1, time: new Date().toISOString(), payload };
    },
  };
}

describe('reconcile-agentrun on a real API server, under its own role', () => {
  it('brings a run from nothing to its answer in six writes, and then leaves it alone', async () => {
    const run = aRun('plain');
    await run.create();
    await run.pass();
    expect(await admin.get(CONFIG_MAPS, { namespace: NAMESPACE, name: 'plain-input' })).toBeDefined();
    await run.podAppears();
    await run.pass();
    expect((await run.read()).status?.phase).toBe('Running');
    await run.agentAnswers('Three.');
    await run.pass();

    const { metadata, status } = await run.read();
    expect(status).toMatchObject({ phase: 'Succeeded', result: 'Three.', tokenUsage: { totalTokens: 3 } });
    expect(metadata.labels).toMatchObject({ [LABELS.finished]: 'true' });
    expect(metadata.finalizers ?? []).not.toContain(FINALIZERS.agentRun);
    // The ServiceAccount of the namespace is the first run's to make.
    expect(run.writes()).toBeLessThanOrEqual(7);
    const before = run.writes();
    expect(await run.pass()).toEqual({ outcome: 'settled' });
    expect(run.writes()).toBe(before);
  });

  it.each(Array.from({ length: 9 }, (_, steps) => ({ steps })))(
    'ends in the same state when every pass is killed after $steps steps and made again',
    async ({ steps }) => {
      const run = aRun(`cut-${steps}`);
      await run.create();
      await run.pass(steps);
      await run.pass();
      const job = await run.job();
      await run.podAppears();
      await run.pass(steps);
      await run.pass();
      await run.agentAnswers('Once.');
      await run.pass(steps);
      await run.pass();
      await run.pass();

      expect((await run.read()).status).toMatchObject({ phase: 'Succeeded', result: 'Once.' });
      expect((await run.job())?.metadata.uid).toBe(job?.metadata.uid);
      expect([...run.messages.keys()]).toEqual([`${(await run.read()).metadata.uid}-terminal`]);
    },
  );

  it.each(Array.from({ length: 41 }, (_, world) => ({ world })))(
    'asks hooks and gate once when the passes of world $world are killed and made again [RUN-096] [RUN-W02]',
    async ({ world }) => {
      const rbac = [{ apiGroups: ['sympozium.ai'], resources: ['agentruns'], verbs: ['get', 'patch'] }];
      const hook = { name: 'notify', image: 'notify:1' };
      const gate = { name: 'review', image: 'gate:1', gate: true };
      const lifecycle: LifecycleHooks = { preRun: [hook], postRun: [hook, gate], rbac, gateDefault: 'block' };
      const name = `hooked-${world}`;
      const run = aRun(name, { lifecycle });
      const hookJob = () => admin.get(JOBS, { namespace: NAMESPACE, name: `${name}-postrun` });
      await run.create();
      await run.pass(world % 9);
      await run.pass();
      const job = await run.job();
      await run.podAppears();
      await run.pass();
      await run.agentAnswers('Once.');
      await run.pass(world % 5);
      const first = await hookJob();
      await run.pass();
      expect((await run.read()).status).toMatchObject({ phase: 'PostRunning', exitCode: 0 });
      expect(JSON.stringify(await run.read())).not.toContain('Once.');
      const made = await hookJob();
      expect(first === undefined || first.metadata.uid === made?.metadata.uid).toBe(true);
      await run.verdict('{"action":"approve"}');
      await run.pass(world % 11);
      await run.pass();
      await run.pass();

      const { metadata, status } = await run.read();
      expect(status).toMatchObject({ phase: 'Succeeded', gateVerdict: 'approved', result: 'Once.' });
      expect((await run.job())?.metadata.uid).toBe(job?.metadata.uid);
      expect([...run.messages.keys()]).toEqual([`${metadata.uid}-terminal`]);
      for (const resource of [ROLES, ROLE_BINDINGS]) {
        const at = { namespace: NAMESPACE, name: `sympozium-lifecycle-${name}` };
        expect(await admin.get(resource, at)).toBeUndefined();
      }
      // What was let out goes with the run.
      const held = await admin.get(CONFIG_MAPS, { namespace: NAMESPACE, name: `${name}-held-answer` });
      expect(held?.metadata.ownerReferences).toMatchObject([{ kind: 'AgentRun', name }]);
      const claim = await admin.get(PERSISTENT_VOLUME_CLAIMS, { namespace: NAMESPACE, name: `${name}-workspace` });
      expect(claim === undefined || claim.metadata.deletionTimestamp !== undefined).toBe(true);
    },
  );

  it('may create every object of a skill with rights, and takes the rights back at the end', async () => {
    const run = aRun('skilled', { skills: ['ops'] });
    await run.create();
    expect(await run.pass()).toMatchObject({ outcome: 'requeueAfter' });
    expect(await run.job()).toBeDefined();
    const roles = async () =>
      (await admin.list(ROLES, { namespace: NAMESPACE })).items.map(({ metadata }) => metadata.name);
    expect(await roles()).toContain('sympozium-skill-ops-skilled');
    await run.podAppears();
    await run.agentAnswers('Seen.');
    await run.pass();
    expect((await run.read()).status?.phase).toBe('Succeeded');
    await expect.poll(roles, { timeout: 10_000 }).not.toContain('sympozium-skill-ops-skilled');
  });

  it('tells of a run that is deleted under way, and lets it go [RUN-118] [RUN-W35]', async () => {
    const run = aRun('deleted');
    await run.create();
    await run.pass();
    await admin.remove({ resource: KINDS.AgentRun, namespace: NAMESPACE, name: 'deleted' });
    await run.pass();
    expect([...run.messages.values()]).toMatchObject([
      { subject: 'sympozium.agent.run.failed', payload: { data: { error: 'cancelled' } } },
    ]);
    await expect
      .poll(() => admin.get(KINDS.AgentRun, { namespace: NAMESPACE, name: 'deleted' }), { timeout: 20_000 })
      .toBeUndefined();
    await expect.poll(run.job, { timeout: 20_000 }).toBeUndefined();
  });

  it('ends a run whose spec is set to cancel, and keeps it', async () => {
    const run = aRun('cancelled');
    await run.create();
    await run.pass();
    await run.podAppears();
    await run.pass();
    expect((await run.read()).status?.phase).toBe('Running');
    const at = { resource: KINDS.AgentRun, namespace: NAMESPACE, name: 'cancelled' };
    await admin.mergePatch(at, { spec: { cancel: true } }, { fieldManager: 'cluster-test' });
    await run.pass();
    expect((await run.read()).status).toMatchObject({ phase: 'Failed', conditions: [{ reason: 'Cancelled' }] });
    await expect.poll(run.job, { timeout: 20_000 }).toBeUndefined();
    const before = run.writes();
    expect(await run.pass()).toEqual({ outcome: 'settled' });
    expect(run.writes()).toBe(before);
  });

  it('may close the network of a run by a policy that the API server takes [CTL-WN1]', async () => {
    const run = aRun('enclosed', { instanceRef: 'enclosed' });
    await run.create();
    expect(await run.pass()).toMatchObject({ outcome: 'requeueAfter' });
    expect(await run.job()).toBeDefined();
    const at = { namespace: NAMESPACE, name: 'sympozium-run-enclosed' };
    const policy = await admin.get<NetworkPolicy>(NETWORK_POLICIES, at);
    expect(policy?.spec.egress.flatMap(({ to }) => to.flatMap(({ ipBlock }) => ipBlock?.cidr ?? []))).toEqual([
      '192.0.2.7/32',
      '0.0.0.0/0',
      '::/0',
    ]);
  });

  it('begins a run anew whose pod was evicted, with a Job that the API server takes', async () => {
    const run = aRun('evicted', { instanceRef: 'enclosed' });
    await run.create();
    await run.pass();
    await run.podAppears();
    await run.pass();
    const labelSelector = `${LABELS.agentRun}=evicted`;
    const [pod] = (await admin.list(PODS, { namespace: NAMESPACE, labelSelector })).items;
    const metadata = { name: pod?.metadata.name ?? '', namespace: NAMESPACE };
    const status = { phase: 'Failed', reason: 'Evicted', message: 'low on memory' };
    const evicted = { apiVersion: 'v1', kind: 'Pod', metadata, status } as KubeObject;
    await admin.applyStatus(PODS, evicted, { fieldManager: 'kubelet' });
    await run.pass();
    expect((await run.read()).status).toMatchObject({ phase: 'Running', jobName: 'evicted-retry-1' });
    const pods = async () => (await admin.list(PODS, { namespace: NAMESPACE, labelSelector })).items.length;
    await expect.poll(pods, { timeout: 20_000 }).toBe(2);
    await run.pass();
    expect((await run.read()).status?.podName).toMatch(/^evicted-retry-1-/);
    await run.agentAnswers('Again.');
    await run.pass();
    expect((await run.read()).status).toMatchObject({ phase: 'Succeeded', result: 'Again.' });
  });

  it('starts two of eight runs whose passes all go on at once, and the next when one ends [RUN-W36]', async () => {
    const runs = Array.from({ length: 8 }, (_, index) => aRun(`queued-${index}`, { instanceRef: 'limited' }));
    await Promise.all(runs.map((run) => run.create()));
    const jobs = async () => (await Promise.all(runs.map((run) => run.job()))).filter((job) => job !== undefined);
    for (let round = 0; round < 4; round += 1) {
      await Promise.all([...runs, ...runs].map((run) => run.pass()));
      expect((await jobs()).length).toBeLessThanOrEqual(2);
    }
    expect(await jobs()).toHaveLength(2);
    const waiting = await Promise.all(runs.map((run) => run.read()));
    const reasons = waiting.map(({ status }) => status?.conditions?.[0]?.reason);
    expect(reasons.filter((reason) => reason === 'WaitingForSlot')).toHaveLength(6);

    const names = (await jobs()).map(({ metadata }) => metadata.name);
    const first = runs[Number(names[0]?.split('-')[1])];
    await first?.podAppears();
    await first?.agentAnswers('One.');
    await first?.pass();
    const [woken] = [...(first?.messages.values() ?? [])].filter(({ subject }) => subject.endsWith('.slot'));
    const next = runs[Number(woken?.subject.split('.')[3]?.split('-')[1])];
    await next?.pass();
    expect(await next?.job()).toBeDefined();
  });
});
