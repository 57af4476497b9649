import { describe, expect, it } from 'vitest';
import type { AgentRunStatus } from '../../crds/agentrun-status.ts';
import { KINDS } from '../../crds/group.ts';
import { ANNOTATIONS, COMPONENTS, LABELS } from '../../crds/labels.ts';
import type { LifecycleHook, LifecycleHooks } from '../../crds/lifecycle.ts';
import { loadRunConfig } from '../../functions/reconcile-agentrun/config.ts';
import { agentRunReconciler } from '../../functions/reconcile-agentrun/reconciler.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { CONFIG_MAPS, JOBS } from '../../shared/kube/resources.ts';
import type { Job } from '../../shared/pods/job.ts';
import type { Container } from '../../shared/pods/pod.ts';
import { reconcile } from '../../shared/reconcile/pass.ts';
import { giveVerdict, playRunMove, populateRun, RUN_KEY, runIn, sceneOf } from './agentrun-world.ts';
import { createWorld } from './world/world.ts';

const config = loadRunConfig({});
const NOTIFY: LifecycleHook = { name: 'notify', image: 'notify:1', env: [{ name: 'MODE', value: 'hook' }] };
const GATE: LifecycleHook = { name: 'review', image: 'gate:1', gate: true };
const BLOCKED = 'Response blocked: gate hook did not return a verdict';

/** A run with these hooks, whose agent has ended. */
async function aRunWithHooks(lifecycle: Partial<LifecycleHooks>, { exitCode = 0, seconds = 0, env = {} } = {}) {
  const world = createWorld();
  populateRun(world, { gateDefault: 'block', ...lifecycle });
  const stored = world.store.get(KINDS.AgentRun, RUN_KEY.namespace, RUN_KEY.name) as KubeObject & { spec: object };
  world.store.update(KINDS.AgentRun, stored, {
    ...stored,
    spec: { ...stored.spec, env, timeout: '30m' },
  } as KubeObject);
  const pass = async () => {
    const dependencies = { ...world, config, now: world.clock.now, report: () => {} };
    const reply = await reconcile(agentRunReconciler, RUN_KEY, dependencies, new AbortController().signal);
    world.collect();
    return reply;
  };
  await pass();
  playRunMove(world, { what: 'podCreated' });
  playRunMove(world, { what: 'agentStarts' });
  await pass();
  world.clock.advance(seconds);
  playRunMove(world, {
    what: 'agentEnds',
    exitCode,
    said: 'log',
    status: exitCode === 0 ? 'success' : 'error',
  });
  await pass();
  playRunMove(world, { what: 'podEnds' });
  playRunMove(world, { what: 'hookPodCreated' });
  playRunMove(world, { what: 'hookStarts' });
  return {
    world,
    pass,
    status: (): AgentRunStatus => runIn(world)?.status ?? {},
    hookJob: () => sceneOf(world).hookJob as Job,
    names: (kind: string) =>
      world.store.all().flatMap(({ object }) => (object.kind === kind ? [object.metadata.name] : [])),
    told: () =>
      world.bus.published().map(({ subject, payload }) => ({ subject, data: (payload as { data: unknown }).data })),
    async verdict(text: string) {
      giveVerdict(world, text);
      return pass();
    },
    async hooksEnd(code: number) {
      playRunMove(world, { what: 'hooksEnd', exitCode: code });
      return pass();
    },
  };
}

const envOf = ({ env = [] }: Container) => Object.fromEntries(env.map(({ name, value = '' }) => [name, value]));
const hooksOf = (job: Job) => job.spec.template.spec.initContainers ?? [];
const completed = (response: string) => ({
  subject: 'sympozium.agent.run.completed',
  data: expect.objectContaining({ status: 'success', response }),
});

describe('postRun hooks', () => {
  it('run as one Job after the agent, one after another, while the run is in PostRunning [RUN-087] [RUN-092]', async () => {
    const run = await aRunWithHooks({ postRun: [NOTIFY, { name: 'tidy', image: 'tidy:1' }] });
    expect(run.status()).toMatchObject({
      phase: 'PostRunning',
      postRunJobName: 'run-1-postrun',
      exitCode: 0,
      result: 'Three.',
    });
    const { containers } = run.hookJob().spec.template.spec;
    expect(hooksOf(run.hookJob()).map(({ name }) => name)).toEqual(['post-notify', 'post-tidy']);
    expect(containers.map(({ name }) => name)).toEqual(['done']);
    expect(run.told()).toEqual([]);
    await run.hooksEnd(0);
    expect(run.status()).toMatchObject({ phase: 'Succeeded', result: 'Three.' });
    expect(run.told()).toEqual([completed('Three.')]);
  });

  it.each([
    { how: 'succeeded', exitCode: 0, code: '0', result: 'Three.' },
    { how: 'failed', exitCode: 1, code: '1', result: 'no answer from the model' },
  ])(
    'are told how the agent ended when it $how, and their own variables count last [RUN-088]',
    async ({ exitCode, code, result }) => {
      const run = await aRunWithHooks({ postRun: [NOTIFY] }, { exitCode, env: { MODE: 'run', REGION: 'north' } });
      expect(hooksOf(run.hookJob()).map(envOf)).toEqual([
        {
          AGENT_RUN_ID: 'run-1',
          INSTANCE_NAME: 'inst',
          AGENT_NAMESPACE: 'team',
          AGENT_EXIT_CODE: code,
          AGENT_RESULT: result,
          REGION: 'north',
          MODE: 'hook',
        },
      ]);
    },
  );

  it('find the workspace that the agent and the hooks before it had [RUN-090] [RUN-056]', async () => {
    const run = await aRunWithHooks({ preRun: [{ name: 'clone', image: 'git:1' }], postRun: [NOTIFY] });
    const claim = { name: 'workspace', persistentVolumeClaim: { claimName: 'run-1-workspace' } };
    const { job } = sceneOf(run.world);
    for (const one of [job as Job, run.hookJob()]) {
      expect(one.spec.template.spec.volumes).toContainEqual(claim);
      for (const { volumeMounts } of hooksOf(one))
        expect(volumeMounts).toContainEqual({ name: 'workspace', mountPath: '/workspace' });
    }
    expect(run.names('PersistentVolumeClaim')).toEqual(['run-1-workspace']);
  });

  it('run hardened, as no special account, on the nodes that the agent asked for and best on its own [RUN-091] [RUN-W47]', async () => {
    const run = await aRunWithHooks({ postRun: [NOTIFY] });
    const { metadata, spec } = run.hookJob().spec.template;
    expect(metadata.labels).toMatchObject({ [LABELS.component]: COMPONENTS.postRun, [LABELS.agentRun]: 'run-1' });
    expect(spec).toMatchObject({
      serviceAccountName: 'sympozium-agent',
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(hooksOf(run.hookJob())[0]?.securityContext).toEqual({
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('leave the outcome of the agent when they fail, and a condition says so once [RUN-093] [RUN-W41]', async () => {
    const run = await aRunWithHooks({ postRun: [NOTIFY] });
    await run.hooksEnd(1);
    await run.pass();
    expect(run.status()).toMatchObject({ phase: 'Succeeded', result: 'Three.' });
    expect(run.status().conditions?.filter(({ type }) => type === 'PostRunFailed')).toEqual([
      expect.objectContaining({
        reason: 'PostRunJobFailed',
        message: 'One or more postRun lifecycle hooks failed: hook "notify" exited with code 1',
      }),
    ]);
  });

  it('leave the error of the agent when they succeed [RUN-094]', async () => {
    const run = await aRunWithHooks({ postRun: [NOTIFY] }, { exitCode: 1 });
    await run.hooksEnd(0);
    expect(run.status()).toMatchObject({ phase: 'Failed', error: 'no answer from the model', exitCode: 1 });
    expect(run.status().conditions?.[0]).toMatchObject({ status: 'False', reason: 'AgentFailed' });
    expect(run.told()).toEqual([
      { subject: 'sympozium.agent.run.failed', data: { error: 'no answer from the model' } },
    ]);
  });

  it('have their own time, however long the agent took [RUN-W08]', async () => {
    const run = await aRunWithHooks({ postRun: [NOTIFY] }, { seconds: 1500 });
    run.world.clock.advance(590);
    expect(await run.pass()).toMatchObject({ outcome: 'requeueAfter' });
    expect(run.status().phase).toBe('PostRunning');
    run.world.clock.advance(11);
    await run.pass();
    expect(run.status().phase).toBe('Succeeded');
  });

  it("go on when the agent's own Job is gone [RUN-080]", async () => {
    const run = await aRunWithHooks({ postRun: [NOTIFY] });
    playRunMove(run.world, { what: 'jobRemoved' });
    run.world.collect();
    expect(await run.pass()).toMatchObject({ outcome: 'requeueAfter', seconds: 60 });
    expect(run.status().phase).toBe('PostRunning');
  });

  it('that a person or the Job controller removed count as failed, so that no run waits for ever [RUN-W09]', async () => {
    const run = await aRunWithHooks({ postRun: [NOTIFY] });
    playRunMove(run.world, { what: 'hookJobRemoved' });
    run.world.collect();
    expect(await run.pass()).toEqual({ outcome: 'settled' });
    expect(run.status()).toMatchObject({ phase: 'Succeeded', result: 'Three.' });
    expect(run.world.store.created('Job')).toHaveLength(2);
  });

  it.each(['agent', 'hooks'])(
    'leave no workspace and no rights behind when the %s ended the run [RUN-104] [RUN-W62]',
    async (who) => {
      const rbac = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }];
      const run = await aRunWithHooks({ postRun: [NOTIFY], rbac }, { exitCode: who === 'agent' ? 1 : 0 });
      await run.hooksEnd(0);
      for (const kind of ['PersistentVolumeClaim', 'Role', 'RoleBinding']) expect(run.names(kind)).toEqual([]);
      playRunMove(run.world, { what: 'runDeleted' });
      run.world.collect();
      expect(run.names('ServiceAccount')).toEqual(['sympozium-agent']);
    },
  );

  it('end after the time-out that each states itself [RUN-W48]', async () => {
    const run = await aRunWithHooks({ postRun: [{ ...NOTIFY, timeout: '30s' }] });
    expect(await run.pass()).toMatchObject({ outcome: 'requeueAfter', seconds: 30 });
    run.world.clock.advance(30);
    await run.pass();
    expect(run.status().conditions?.find(({ type }) => type === 'PostRunFailed')?.message).toContain(
      'hook "notify" took longer than its 30 s',
    );
  });

  it('use what lifecycle.rbac names, through an account that only this run has [RUN-060] [RUN-W17]', async () => {
    const rule = { apiGroups: [''], resources: ['configmaps'], verbs: ['create'] };
    const run = await aRunWithHooks({ postRun: [NOTIFY], rbac: [rule] });
    const of = (kind: string) => run.world.store.all().find(({ object }) => object.kind === kind)?.object;
    expect(of('Role')).toMatchObject({ metadata: { name: 'sympozium-lifecycle-run-1' }, rules: [rule] });
    const subject = { kind: 'ServiceAccount', name: 'sympozium-run-run-1', namespace: 'team' };
    expect(of('RoleBinding')).toMatchObject({ roleRef: { name: 'sympozium-lifecycle-run-1' }, subjects: [subject] });
    const { serviceAccountName, containers } = run.hookJob().spec.template.spec;
    expect(serviceAccountName).toBe(subject.name);
    const token = expect.objectContaining({ mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' });
    for (const hook of hooksOf(run.hookJob())) expect(hook.volumeMounts).toContainEqual(token);
    for (const { volumeMounts } of containers) expect(volumeMounts).not.toContainEqual(token);
  });

  it('follow a time-out of the agent, too [RUN-W28]', async () => {
    const run = await aRunWithHooks({ postRun: [NOTIFY] }, { exitCode: 137, seconds: 1801 });
    expect(run.status()).toMatchObject({ phase: 'PostRunning', exitCode: 1 });
    await run.hooksEnd(0);
    expect(run.status().phase).toBe('Failed');
  });
});

describe('a gate', () => {
  it('comes before the other hooks and knows that it is one, and the bridge tells nobody [RUN-095]', async () => {
    const run = await aRunWithHooks({ postRun: [NOTIFY, GATE] });
    const [first, second] = hooksOf(run.hookJob());
    expect([first?.name, second?.name]).toEqual(['post-review', 'post-notify']);
    expect(first?.env).toContainEqual({ name: 'GATE_MODE', value: 'true' });
    expect(second?.env).not.toContainEqual({ name: 'GATE_MODE', value: 'true' });
    const bridge = sceneOf(run.world).job?.spec.template.spec.containers.find(({ name }) => name === 'ipc-bridge');
    expect(bridge?.env).toContainEqual({ name: 'GATE_SUPPRESS_COMPLETION', value: 'true' });
  });

  it('that approves ends its hooks at once and lets the answer out, once [RUN-096] [RUN-101] [RUN-W02]', async () => {
    const run = await aRunWithHooks({ postRun: [GATE] });
    await run.verdict('{"action":"approve","reason":"fine"}');
    await run.pass();
    expect(run.status()).toMatchObject({ phase: 'Succeeded', gateVerdict: 'approved', result: 'Three.' });
    expect(sceneOf(run.world).hookJob).toBeUndefined();
    expect(run.told()).toEqual([completed('Three.')]);
    expect(run.world.bus.attempts()).toHaveLength(1);
  });

  it.each([
    { verdict: '{"action":"reject"}', gateVerdict: 'rejected', result: 'Response blocked by policy' },
    { verdict: '{"action":"reject","response":"Ask a person."}', gateVerdict: 'rejected', result: 'Ask a person.' },
  ])('that rejects puts $result in the place of the answer [RUN-097]', async ({ verdict, gateVerdict, result }) => {
    const run = await aRunWithHooks({ postRun: [GATE] });
    await run.verdict(verdict);
    expect(run.status()).toMatchObject({ phase: 'Succeeded', gateVerdict, result });
    expect(run.status().conditions?.[0]).toMatchObject({ status: 'True', reason: 'GateRejected' });
    expect(run.told()).toEqual([completed(result)]);
  });

  it('that rewrites has its text told [RUN-098]', async () => {
    const run = await aRunWithHooks({ postRun: [GATE] });
    await run.verdict('{"action":"rewrite","response":"Two."}');
    expect(run.status()).toMatchObject({ phase: 'Succeeded', gateVerdict: 'rewritten', result: 'Two.' });
    expect(run.told()).toEqual([completed('Two.')]);
  });

  it.each([
    { exitCode: 0, gateDefault: 'block', gateVerdict: 'timeout', result: BLOCKED },
    { exitCode: 1, gateDefault: 'block', gateVerdict: 'error', result: BLOCKED },
    { exitCode: 0, gateDefault: 'allow', gateVerdict: 'allowed-by-default', result: 'Three.' },
    { exitCode: 1, gateDefault: 'allow', gateVerdict: 'allowed-by-default', result: 'Three.' },
  ] as const)(
    'that ends with $exitCode and no verdict is $gateVerdict when the default is $gateDefault [RUN-099] [RUN-100]',
    async ({ exitCode, gateDefault, gateVerdict, result }) => {
      const run = await aRunWithHooks({ postRun: [GATE], gateDefault });
      await run.hooksEnd(exitCode);
      expect(run.status()).toMatchObject({ phase: 'Succeeded', gateVerdict, result });
      expect(run.told()).toEqual([completed(result)]);
    },
  );

  it.each(['yes', '{"action":"publish"}', '{"action":1}', '[]'])(
    'goes on when what it wrote is no verdict: %s [RUN-102] [RUN-W13]',
    async (text) => {
      const run = await aRunWithHooks({ postRun: [GATE] });
      await run.verdict(text);
      expect(run.status().phase).toBe('PostRunning');
      expect(sceneOf(run.world).hookJob).toBeDefined();
      await run.hooksEnd(0);
      expect(run.status()).toMatchObject({ gateVerdict: 'timeout', result: BLOCKED });
    },
  );

  it('has the answer to itself: status and messages do not hold it before the verdict, nor after a rejection [RUN-W13]', async () => {
    const run = await aRunWithHooks({ postRun: [GATE] });
    expect(JSON.stringify([runIn(run.world), run.told()])).not.toContain('Three.');
    await run.verdict('{"action":"reject"}');
    expect(JSON.stringify([runIn(run.world), run.told()])).not.toContain('Three.');
    expect(run.names('ConfigMap')).toEqual(['run-1-input']);
  });

  it('is not bound by a verdict from before there was an answer [RUN-W13]', async () => {
    const world = createWorld();
    populateRun(world, { postRun: [GATE], gateDefault: 'block' });
    giveVerdict(world, '{"action":"approve"}');
    const dependencies = { ...world, config, now: world.clock.now, report: () => {} };
    const pass = () => reconcile(agentRunReconciler, RUN_KEY, dependencies, new AbortController().signal);
    await pass();
    playRunMove(world, { what: 'podCreated' });
    playRunMove(world, { what: 'agentStarts' });
    playRunMove(world, { what: 'agentEnds', exitCode: 0, said: 'log', status: 'success' });
    await pass();
    await pass();
    expect(runIn(world)?.status?.phase).toBe('PostRunning');
    expect(runIn(world)?.metadata.annotations ?? {}).not.toHaveProperty([ANNOTATIONS.gateVerdict]);
  });

  it('over a failed agent tells the failure, and no success [RUN-W13]', async () => {
    const run = await aRunWithHooks({ postRun: [GATE] }, { exitCode: 1 });
    await run.verdict('{"action":"approve"}');
    expect(run.status()).toMatchObject({ phase: 'Failed', error: 'no answer from the model' });
    expect(run.told().map(({ subject }) => subject)).toEqual(['sympozium.agent.run.failed']);
  });

  it('may wait a day for a person, or as long as it says, and no longer [RUN-W60]', async () => {
    const run = await aRunWithHooks({ postRun: [GATE] });
    run.world.clock.advance(86_000);
    await run.pass();
    expect(run.status().phase).toBe('PostRunning');
    run.world.clock.advance(400);
    await run.pass();
    expect(run.status()).toMatchObject({ phase: 'Succeeded', gateVerdict: 'error', result: BLOCKED });
    const short = await aRunWithHooks({ postRun: [{ ...GATE, timeout: '20s' }], gateDefault: 'allow' });
    short.world.clock.advance(20);
    await short.pass();
    expect(short.status()).toMatchObject({ phase: 'Succeeded', gateVerdict: 'allowed-by-default', result: 'Three.' });
  });

  it('whose answer was taken away fails the run, and lets nothing through', async () => {
    const run = await aRunWithHooks({ postRun: [GATE] });
    const held = run.world.store.get(CONFIG_MAPS, 'team', 'run-1-held-answer');
    if (held !== undefined) run.world.store.remove(CONFIG_MAPS, held);
    await run.verdict('{"action":"approve"}');
    expect(run.status()).toMatchObject({ phase: 'Failed', error: 'the answer was removed while the gate had it' });
  });

  it('costs a run with a hook before it no more than 20 writes', async () => {
    const run = await aRunWithHooks({ preRun: [{ name: 'clone', image: 'git:1' }], postRun: [NOTIFY, GATE] });
    await run.verdict('{"action":"approve"}');
    const own = run.world.interrupt.writes().filter((write) => !write.startsWith('publish'));
    expect(own.length).toBeLessThanOrEqual(15);
    expect(run.world.store.all(JOBS)).toHaveLength(1);
  });
});
