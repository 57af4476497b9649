import { describe, expect, it } from 'vitest';
import type { AgentRunSpec } from '../../../crds/agentrun.ts';
import { ANNOTATIONS, LABELS } from '../../../crds/labels.ts';
import type { SkillPack, SkillSidecar } from '../../../crds/skillpack.ts';
import type { SympoziumInstance } from '../../../crds/sympoziuminstance.ts';
import type { ObjectMeta } from '../../../shared/kube/objects.ts';
import type { Job } from '../../../shared/pods/job.ts';
import type { Container } from '../../../shared/pods/pod.ts';
import { loadRunConfig } from '../config.ts';
import { aJob, anAgentRun, anInstance, aPack, aStarting } from '../fixtures.ts';
import { buildOf } from '../start/start.ts';
import { jobFor } from './job.ts';

interface Given {
  metadata?: Partial<ObjectMeta>;
  spec?: Partial<AgentRunSpec>;
  instance?: SympoziumInstance;
  packs?: SkillPack[];
}

function job({ metadata, spec, instance = anInstance(), packs = [] }: Given = {}): Job {
  const primary = anAgentRun({ ...(metadata && { metadata }), ...(spec && { spec }) });
  return aJob(
    aStarting({ primary, instance, packs: Object.fromEntries(packs.map((pack) => [pack.metadata.name, pack])) }),
  );
}

const podOf = (given: Given = {}) => job(given).spec.template.spec;
const namesOf = (given: Given) => podOf(given).containers.map(({ name }) => name);

function container(name: string, given: Given = {}): Container {
  const found = podOf(given).containers.find((one) => one.name === name);
  if (found === undefined) throw new Error(`The pod has no container ${name}`);
  return found;
}

/** The value that a container sees: Kubernetes turns `$$` into `$`. */
const envOf = (name: string, given: Given = {}) =>
  Object.fromEntries(
    (container(name, given).env ?? []).map((one) => [one.name, (one.value ?? '').replaceAll('$$', '$')]),
  );

const withSkill = (sidecar: Partial<SkillSidecar> = {}, params?: Record<string, string>): Given => ({
  spec: { skills: [{ skillPackRef: 'ops', ...(params && { params }) }] },
  packs: [aPack('ops', sidecar)],
});

describe('the Job of a run', () => {
  it('is named as the run, in its namespace, with its labels [RUN-023] [RUN-024] [RUN-057]', () => {
    const { metadata, spec } = job();
    expect(metadata).toMatchObject({ name: 'run-1', namespace: 'team' });
    expect(spec.template.metadata.labels).toMatchObject({
      [LABELS.instance]: 'inst',
      [LABELS.agentRun]: 'run-1',
      [LABELS.component]: 'agent-run',
      [LABELS.role]: 'agent',
    });
  });

  it('has a valid name and labels when those of run and instance are long [RUN-W15]', () => {
    const long = 'r'.repeat(200);
    const { metadata, spec } = job({ metadata: { name: long }, spec: { instanceRef: long } });
    const values = [metadata.name, ...Object.values(spec.template.metadata.labels ?? {})];
    expect(values.every((value) => value.length <= 63)).toBe(true);
  });

  it('is tried once and kept for five minutes [RUN-025]', () => {
    expect(job().spec).toMatchObject({ backoffLimit: 0, ttlSecondsAfterFinished: 300 });
  });

  it('ends by itself a minute after the time-out [RUN-026] [RUN-W28]', () => {
    expect(job({ spec: { timeout: '5m' } }).spec.activeDeadlineSeconds).toBe(360);
    expect(job().spec.activeDeadlineSeconds).toBe(660);
  });

  it('gives providers on own hardware half an hour, unless instance or run say otherwise [RUN-W28] [RUN-W06]', () => {
    const model = { provider: 'ollama', model: 'm', authSecretRef: '' };
    expect(job({ spec: { model } }).spec.activeDeadlineSeconds).toBe(1860);
    const instance = anInstance({ agents: { default: { model: 'm', runTimeout: '45m' } } });
    expect(job({ spec: { model }, instance }).spec.activeDeadlineSeconds).toBe(2760);
    expect(job({ spec: { model, timeout: '1h' }, instance }).spec.activeDeadlineSeconds).toBe(3660);
  });

  it('carries what the run resolved to [RUN-W06]', () => {
    const text = job({ instance: anInstance({ memory: { enabled: false, maxSizeKB: 1, systemPrompt: 'Be kind.' } }) })
      .metadata.annotations?.[ANNOTATIONS.resolution];
    expect(JSON.parse(text ?? '')).toMatchObject({ timeout: '600s', systemPrompt: 'Be kind.', skills: [] });
  });
});

describe('the pod of a run', () => {
  it('runs as user 1000, restarts nothing and holds no token [RUN-027] [RUN-028] [RUN-W58]', () => {
    expect(podOf()).toMatchObject({
      serviceAccountName: 'sympozium-agent',
      automountServiceAccountToken: false,
      restartPolicy: 'Never',
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 1000,
        fsGroup: 1000,
        seccompProfile: { type: 'RuntimeDefault' },
      },
    });
  });

  it('takes the seccomp type of the sandbox, even when that is off [RUN-029]', () => {
    const sandbox = { enabled: false, securityContext: { seccompProfile: { type: 'Unconfined' } } };
    expect(podOf({ spec: { sandbox } }).securityContext.seccompProfile).toEqual({ type: 'Unconfined' });
  });

  it('has agent and bridge, and a sandbox when asked for [RUN-030] [RUN-035]', () => {
    expect(namesOf({})).toEqual(['agent', 'ipc-bridge']);
    expect(namesOf({ spec: { sandbox: { enabled: true, image: 'box:3' } } })).toEqual([
      'agent',
      'ipc-bridge',
      'sandbox',
    ]);
    expect(container('sandbox', { spec: { sandbox: { enabled: true, image: 'box:3' } } }).image).toBe('box:3');
    expect(container('sandbox', { spec: { sandbox: { enabled: true } } }).image).toMatch(/\/sandbox:latest$/);
  });

  it('has commands executed in the sandbox, and those of skills in theirs [RUN-W50]', () => {
    const sandbox = { enabled: true };
    const executor = (parts: Parameters<typeof container>[1]) => {
      const { command, env = [], volumeMounts } = container('sandbox', parts);
      const told = env.map(({ name, value }) => `${name}=${value}`);
      return { command, told, ipc: volumeMounts.some(({ name }) => name === 'ipc') };
    };
    const executors = (parts: Parameters<typeof container>[1]) =>
      container('agent', parts).env?.find(({ name }) => name === 'SKILL_EXECUTORS')?.value;
    const alone = { spec: { sandbox } };
    expect(executor(alone)).toEqual({ command: undefined, told: ['SKILL_NAME=sandbox'], ipc: true });
    expect(executors(alone)).toBe('sandbox');
    const beside = { spec: { sandbox, skills: [{ skillPackRef: 'ops' }] }, packs: [aPack('ops', {})] };
    expect(executor(beside).told).toEqual(['SKILL_NAME=sandbox', 'EXEC_NAMED_ONLY=true']);
    expect(executors(beside)).toBe('ops,sandbox');
    const foreign = { spec: { sandbox: { ...sandbox, image: 'box:3' } } };
    expect(executor(foreign)).toEqual({ command: ['sleep', 'infinity'], told: [], ipc: false });
    expect(executors(foreign) ?? '').toBe('');
  });

  it('shares files in memory, and keeps the node selector of the model [RUN-036] [RUN-046]', () => {
    expect(podOf().volumes).toContainEqual({ name: 'ipc', emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } });
    const model = { provider: 'p', model: 'm', authSecretRef: '', nodeSelector: { pool: 'llm' } };
    expect(podOf({ spec: { model } }).nodeSelector).toEqual({ pool: 'llm' });
    expect(podOf()).not.toHaveProperty('nodeSelector');
  });

  it('mounts the legacy memory of its instance, and only when that is on [RUN-038] [RUN-040]', () => {
    const instance = anInstance({ memory: { enabled: true, maxSizeKB: 256 } });
    expect(podOf({ instance }).volumes).toContainEqual({
      name: 'memory',
      configMap: { name: 'inst-memory', optional: true },
    });
    expect(envOf('agent', { instance })['MEMORY_ENABLED']).toBe('true');
    expect(podOf().volumes.map(({ name }) => name)).toEqual(['workspace', 'ipc', 'tmp', 'skills']);
    expect(envOf('agent')).not.toHaveProperty('MEMORY_ENABLED');
  });
});

describe('the agent', () => {
  it('is told its task and model, on a file system that it cannot change [RUN-031] [RUN-033]', () => {
    expect(envOf('agent')).toMatchObject({
      TASK: 'Count the tickets.',
      MODEL_PROVIDER: 'openai',
      MODEL_NAME: 'small',
      TOOLS_ENABLED: 'true',
    });
    const { securityContext, volumeMounts, resources } = container('agent');
    expect(securityContext?.readOnlyRootFilesystem).toBe(true);
    expect(volumeMounts.map(({ mountPath }) => mountPath)).toEqual(['/workspace', '/skills', '/ipc', '/tmp']);
    expect(resources.requests).toEqual({ cpu: '250m', memory: '512Mi' });
  });

  it('gets its key from a Secret when the run names one [RUN-032]', () => {
    const model = { provider: 'p', model: 'm', authSecretRef: 'key' };
    expect(container('agent', { spec: { model } }).envFrom).toEqual([{ secretRef: { name: 'key' } }]);
    expect(container('agent')).not.toHaveProperty('envFrom');
  });

  it('sees texts with dollar signs as they were written [RUN-W27]', () => {
    const task = 'Costs $$5, says $(TASK) and $HOME';
    expect(envOf('agent', { spec: { task } })['TASK']).toBe(task);
    expect(container('agent', { spec: { task } }).env?.find(({ name }) => name === 'TASK')?.value).toBe(
      'Costs $$$$5, says $$(TASK) and $$HOME',
    );
  });

  it('gets variables of the run sorted, which may override all but the last ones [RUN-049]', () => {
    const names = (container('agent', { spec: { env: { Z: '1', A: '2' } } }).env ?? []).map(({ name }) => name);
    expect(names.slice(-4)).toEqual(['A', 'Z', 'TOOLS_ENABLED', 'SKILL_EXECUTORS']);
  });

  it('knows the chat that it answers to, when there is one [RUN-050]', () => {
    const annotations = { [ANNOTATIONS.replyChannel]: 'telegram', [ANNOTATIONS.replyChatId]: '4711' };
    expect(envOf('agent', { metadata: { annotations } })).toMatchObject({
      SOURCE_CHANNEL: 'telegram',
      SOURCE_CHAT_ID: '4711',
    });
    expect(envOf('agent')).not.toHaveProperty('SOURCE_CHANNEL');
  });

  it('is told the time-out that counts, and the trace that it is part of [RUN-W05]', () => {
    const annotations = { [ANNOTATIONS.traceparent]: '00-aa-bb-01' };
    expect(envOf('agent', { metadata: { annotations }, spec: { timeout: '7m' } })).toMatchObject({
      RUN_TIMEOUT: '7m',
      TRACEPARENT: '00-aa-bb-01',
    });
    expect(envOf('ipc-bridge', { metadata: { annotations } })['TRACEPARENT']).toBe('00-aa-bb-01');
  });

  it('gets a task that no variable can hold as a file [RUN-W16]', () => {
    const given = { spec: { task: 'x'.repeat(100_000) } };
    expect(envOf('agent', given)['TASK']).toBe('');
    expect(container('agent', given).volumeMounts).toContainEqual({
      name: 'task',
      mountPath: '/ipc/input/task.json',
      subPath: 'task.json',
      readOnly: true,
    });
    expect(podOf(given).volumes).toContainEqual({
      name: 'task',
      configMap: { name: 'run-1-input', items: [{ key: 'task.json', path: 'task.json' }] },
    });
  });

  it('has the persona pack of its instance, though the run has no labels [RUN-W14]', () => {
    expect(envOf('agent', { instance: anInstance({}, { [LABELS.personaPack]: 'crew' }) })['PERSONA_PACK_NAME']).toBe(
      'crew',
    );
  });

  it('has the prompt of its instance when the run has none [RUN-W56]', () => {
    const instance = anInstance({ memory: { enabled: false, maxSizeKB: 1, systemPrompt: 'Be kind.' } });
    expect(envOf('agent', { instance })['SYSTEM_PROMPT']).toBe('Be kind.');
    expect(envOf('agent', { instance, spec: { systemPrompt: 'Be brief.' } })['SYSTEM_PROMPT']).toBe('Be brief.');
  });

  it('reports its telemetry when the instance asks for it [RUN-047]', () => {
    const instance = anInstance({ observability: { enabled: true, otlpEndpoint: 'otel:4317' } });
    expect(envOf('agent', { instance })).toMatchObject({
      SYMPOZIUM_OTEL_ENABLED: 'true',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'otel:4317',
    });
    expect(envOf('agent', { instance })['OTEL_RESOURCE_ATTRIBUTES']).toContain('sympozium.agent_run.id=run-1');
    expect(envOf('agent')).not.toHaveProperty('SYMPOZIUM_OTEL_ENABLED');
  });
});

describe('the bridge', () => {
  it('is hardened and publishes on the subject of its run alone [RUN-034]', () => {
    const { securityContext } = container('ipc-bridge');
    expect(securityContext).toEqual({
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    });
    expect(envOf('ipc-bridge')).toMatchObject({
      AGENT_RUN_ID: 'run-1',
      INSTANCE_NAME: 'inst',
      RUN_SUBJECT: 'sympozium.run.team.run-1.uid-run',
    });
  });

  it('takes registry, tag, bus and credentials from the configuration [RUN-W51]', () => {
    const config = loadRunConfig({
      SYMPOZIUM_IMAGE_REGISTRY: 'mirror.example/s',
      SYMPOZIUM_IMAGE_TAG: 'v2',
      POD_EVENT_BUS_URL: 'nats://bus:4222',
      POD_EVENT_BUS_SECRET: 's3cret',
    });
    const build = buildOf(aStarting(), config);
    const bridge = build === undefined ? undefined : jobFor(build).spec.template.spec.containers[1];
    expect(bridge?.image).toBe('mirror.example/s/ipc-bridge:v2');
    const env = Object.fromEntries((bridge?.env ?? []).map(({ name, value }) => [name, value]));
    expect(env).toMatchObject({
      EVENT_BUS_URL: 'nats://bus:4222',
      EVENT_BUS_CREDENTIALS: expect.stringContaining('NATS'),
    });
  });
});

describe('the sidecar of a skill', () => {
  it('comes after the bridge, in the order of the skills [RUN-041]', () => {
    const skills = [{ skillPackRef: 'b' }, { skillPackRef: 'a' }];
    expect(namesOf({ spec: { skills }, packs: [aPack('a'), aPack('b')] })).toEqual([
      'agent',
      'ipc-bridge',
      'skill-b',
      'skill-a',
    ]);
    expect(container('skill-ops', withSkill()).image).toBe('registry.example/ops:1');
  });

  it('is there once when refs repeat it, with and without prefix [RUN-W54]', () => {
    const skills = [{ skillPackRef: 'skillpack-ops' }, { skillPackRef: 'ops' }];
    const given = { spec: { skills }, packs: [aPack('ops')] };
    expect(namesOf(given)).toEqual(['agent', 'ipc-bridge', 'skill-ops']);
    expect(podOf(given).volumes).toContainEqual({
      name: 'skills',
      projected: { sources: [{ configMap: { name: 'ops', optional: true } }] },
    });
  });

  it('sees the workspace unless the pack says no [RUN-042]', () => {
    const paths = (given: Given) => container('skill-ops', given).volumeMounts.map(({ mountPath }) => mountPath);
    expect(paths(withSkill())).toContain('/workspace');
    expect(paths(withSkill({ mountWorkspace: false }))).not.toContain('/workspace');
  });

  it('runs what its image runs when the pack has no command [RUN-043]', () => {
    expect(container('skill-ops', withSkill())).not.toHaveProperty('command');
    expect(container('skill-ops', withSkill({ command: ['serve'] })).command).toEqual(['serve']);
  });

  it('is hardened, unless it asks for the powers of the node [RUN-044] [RUN-W58]', () => {
    expect(container('skill-ops', withSkill()).securityContext).toMatchObject({
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    const privileged = withSkill({ hostAccess: { enabled: true, privileged: true } });
    expect(container('skill-ops', privileged).securityContext).toMatchObject({
      privileged: true,
      seccompProfile: { type: 'Unconfined' },
    });
    const off = withSkill({ hostAccess: { enabled: false, privileged: true } });
    expect(container('skill-ops', off).securityContext).not.toHaveProperty('privileged');
  });

  it('is named to the agent, which so knows at once whether anyone can execute commands [RUN-W30]', () => {
    expect(envOf('agent', withSkill())).toMatchObject({ SKILL_EXECUTORS: 'ops' });
    expect(envOf('agent')).toMatchObject({ SKILL_EXECUTORS: '' });
  });

  it('is left out when it is for servers only [RUN-045]', () => {
    expect(namesOf(withSkill({ requiresServer: true }))).toEqual(['agent', 'ipc-bridge']);
  });

  it('puts the pod into the network of the node when it asks for that [RUN-048]', () => {
    expect(podOf(withSkill({ hostAccess: { enabled: true, hostNetwork: true } }))).toMatchObject({
      hostNetwork: true,
      dnsPolicy: 'ClusterFirstWithHostNet',
    });
    expect(podOf(withSkill()).dnsPolicy).toBe('ClusterFirst');
  });

  it('gets the params of its ref, sorted, and its own name [RUN-051] [RUN-W30]', () => {
    expect(envOf('skill-ops', withSkill({}, { repo: 'x', branch: 'y' }))).toEqual({
      SKILL_BRANCH: 'y',
      SKILL_REPO: 'x',
      SKILL_NAME: 'ops',
    });
  });

  it('sees its Secret as files [RUN-052]', () => {
    const given = withSkill({ secretRef: 'token' });
    expect(container('skill-ops', given).volumeMounts).toContainEqual({
      name: 'skill-secret-ops',
      mountPath: '/secrets/token',
      readOnly: true,
    });
    expect(podOf(given).volumes).toContainEqual({
      name: 'skill-secret-ops',
      secret: { secretName: 'token', optional: true },
    });
  });

  it('alone holds a token, of an account of the run, when it uses the API server [RUN-W17] [RUN-W58]', () => {
    const given = withSkill({ rbac: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] });
    const holders = podOf(given).containers.filter(({ volumeMounts }) =>
      volumeMounts.some(({ name }) => name === 'skill-token'),
    );
    expect(holders.map(({ name }) => name)).toEqual(['skill-ops']);
    expect(podOf(given).serviceAccountName).toBe('sympozium-run-run-1');
  });

  it('has texts beside it for each ref, and an empty folder without refs [RUN-037]', () => {
    const skills = [{ skillPackRef: 'ops' }, { configMapRef: 'notes' }];
    expect(podOf({ spec: { skills } }).volumes.find(({ name }) => name === 'skills')?.projected?.sources).toHaveLength(
      2,
    );
    expect(podOf().volumes).toContainEqual({ name: 'skills', emptyDir: {} });
  });
});
