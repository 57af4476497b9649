import { beforeEach, describe, expect, it } from 'vitest';
import type { AgentRun } from '../../crds/agentrun.ts';
import { API_VERSION, KINDS } from '../../crds/group.ts';
import { FINALIZERS, LABELS } from '../../crds/labels.ts';
import type { SympoziumInstance, SympoziumInstanceSpec } from '../../crds/sympoziuminstance.ts';
import type { Reply } from '../../shared/delivery/reply.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import {
  CONFIG_MAPS,
  DEPLOYMENTS,
  PERSISTENT_VOLUME_CLAIMS,
  type Resource,
  SECRETS,
} from '../../shared/kube/resources.ts';
import { reconcile } from '../../shared/reconcile/pass.ts';
import { createWorld, type World } from '../../test/property/world/world.ts';
import { loadInstanceConfig } from './config.ts';
import { instanceReconciler } from './reconciler.ts';

const KEY = { namespace: 'team', name: 'inst' };
const AGENTS = { default: { model: 'small' } };
let world: World;

beforeEach(() => {
  world = createWorld();
});

const meta = (name: string, labels: Record<string, string> = {}) => ({ name, namespace: KEY.namespace, labels });
const secret = (name: string) =>
  world.store.create(SECRETS, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: meta(name),
    data: { k: 'c2VjcmV0' },
  } as KubeObject);

function instance(spec: Partial<SympoziumInstanceSpec> = {}): void {
  world.store.create(KINDS.SympoziumInstance, {
    apiVersion: API_VERSION,
    kind: 'SympoziumInstance',
    metadata: meta(KEY.name),
    spec: { agents: AGENTS, ...spec },
  } as KubeObject);
}

function change(spec: Partial<SympoziumInstanceSpec>): void {
  const current = read();
  world.store.update(KINDS.SympoziumInstance, current, { ...current, spec: { agents: AGENTS, ...spec } } as KubeObject);
}

const pass = (env: Record<string, string> = {}): Promise<Reply> =>
  reconcile(
    instanceReconciler,
    KEY,
    { ...world, config: loadInstanceConfig(env), now: world.clock.now, report: () => {} },
    new AbortController().signal,
  );

const find = (resource: Resource, name: string) => world.store.get(resource, KEY.namespace, name);
const read = () => find(KINDS.SympoziumInstance, KEY.name) as SympoziumInstance;
const ready = () => read().status?.conditions?.find(({ type }) => type === 'Ready');

interface Workload extends KubeObject {
  spec: {
    selector: object;
    strategy?: object;
    template: { metadata: object; spec: { containers: { image: string; env: { name: string; value?: string }[] }[] } };
  };
}
const deployment = (type: string) => find(DEPLOYMENTS, `inst-channel-${type}`) as Workload | undefined;
const container = (type: string) => deployment(type)?.spec.template.spec.containers[0];
const setReady = (type: string, readyReplicas: number) => {
  const current = deployment(type) as Workload;
  world.store.update(DEPLOYMENTS, current, { ...current, status: { readyReplicas } } as KubeObject);
};

function run(name: string, phase: string, { labels = {}, instanceRef = KEY.name } = {}): void {
  world.store.create(KINDS.AgentRun, {
    apiVersion: API_VERSION,
    kind: 'AgentRun',
    metadata: meta(name, { [LABELS.instance]: KEY.name, ...labels }),
    spec: { instanceRef },
    status: { phase },
  } as KubeObject);
}
const webRun = () => find(KINDS.AgentRun, 'inst-web-endpoint') as AgentRun | undefined;
const endWebRun = (phase: string) => {
  const current = webRun() as AgentRun;
  const status = { phase, completedAt: world.clock.now().toISOString(), error: 'no server' };
  world.store.update(KINDS.AgentRun, current, { ...current, status } as KubeObject);
};

const telegram = { type: 'telegram', configRef: { secret: 'tg' } };

describe('channels of an instance', () => {
  it('get a Deployment each, with its labels, its Secret and the finalizer before it [CTL-041] [CTL-042] [CTL-046]', async () => {
    secret('tg');
    instance({ channels: [telegram] });
    await pass({ SYMPOZIUM_IMAGE_TAG: 'v9' });
    const labels = { [LABELS.component]: 'channel', [LABELS.channel]: 'telegram', [LABELS.instance]: 'inst' };
    expect(deployment('telegram')).toMatchObject({
      metadata: { labels, ownerReferences: [{ kind: 'SympoziumInstance', name: 'inst', controller: true }] },
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels } } },
    });
    expect(container('telegram')).toMatchObject({
      image: 'ghcr.io/sympozium-ai/sympozium/channel-telegram:v9',
      envFrom: [{ secretRef: { name: 'tg' } }],
    });
    expect(read().metadata.finalizers).toEqual([FINALIZERS.sympoziumInstance]);
    expect(world.interrupt.writes()[0]).toBe('patch SympoziumInstance inst');
  });

  it('say which Secret is missing, look again in a minute, and leave the other channels be [CTL-043] [CTL-060]', async () => {
    instance({ channels: [telegram, { type: 'discord' }] });
    expect(await pass()).toEqual({ outcome: 'requeueAfter', seconds: 60 });
    expect(deployment('telegram')).toBeUndefined();
    expect(deployment('discord')).toBeDefined();
    expect(read().status?.channels).toEqual([
      { type: 'telegram', status: 'Error', message: 'secret "tg" not found' },
      { type: 'discord', status: 'Pending' },
    ]);
    expect(ready()).toMatchObject({ status: 'False', reason: 'SecretNotFound' });
    secret('tg');
    expect(await pass()).toEqual({ outcome: 'settled' });
    expect(ready()).toMatchObject({ status: 'True', reason: 'Ready' });
    expect(JSON.stringify(read())).not.toContain('c2VjcmV0');
  });

  it('keep a Deployment whose Secret vanished', async () => {
    secret('tg');
    instance({ channels: [telegram] });
    await pass();
    world.store.remove(SECRETS, find(SECRETS, 'tg') as KubeObject);
    await pass();
    expect(deployment('telegram')).toBeDefined();
  });

  it('give WhatsApp a volume that one pod at a time has [CTL-044]', async () => {
    instance({ channels: [{ type: 'whatsapp' }] });
    await pass();
    expect(find(PERSISTENT_VOLUME_CLAIMS, 'inst-channel-whatsapp-data')).toMatchObject({
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '256Mi' } } },
    });
    expect(deployment('whatsapp')?.spec.strategy).toEqual({ type: 'Recreate' });
    expect(container('whatsapp')).toMatchObject({ volumeMounts: [{ name: 'whatsapp-data', mountPath: '/data' }] });
  });

  it('are Pending when just made, then Connected or Disconnected as their pods answer a probe [CTL-045] [CTL-WI6]', async () => {
    instance({ channels: [{ type: 'discord' }] });
    await pass();
    const state = () => read().status?.channels?.[0]?.status;
    expect(state()).toBe('Pending');
    expect(container('discord')).toMatchObject({ readinessProbe: { httpGet: { path: '/healthz', port: 8080 } } });
    setReady('discord', 1);
    await pass();
    expect(state()).toBe('Connected');
    setReady('discord', 0);
    await pass();
    expect(state()).toBe('Disconnected');
  });

  it('lose their Deployment when they are no longer listed, and nobody else does [CTL-047] [CTL-WI2]', async () => {
    instance({ channels: [{ type: 'discord' }, { type: 'slack' }] });
    const foreign = { [LABELS.instance]: 'inst', [LABELS.component]: 'channel' };
    world.store.create(DEPLOYMENTS, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: meta('theirs', foreign) });
    await pass();
    change({ channels: [{ type: 'slack' }] });
    await pass();
    expect(deployment('discord')).toBeUndefined();
    expect(deployment('slack')).toBeDefined();
    expect(find(DEPLOYMENTS, 'theirs')).toBeDefined();
  });

  it('follow a new image, Secret and collector [CTL-048] [CTL-WI1]', async () => {
    secret('tg');
    secret('tg2');
    instance({ channels: [telegram] });
    await pass();
    change({
      channels: [{ type: 'telegram', configRef: { secret: 'tg2' } }],
      observability: { enabled: true, otlpEndpoint: 'otel:4317' },
    });
    await pass({ SYMPOZIUM_IMAGE_TAG: 'v2' });
    expect(container('telegram')).toMatchObject({ envFrom: [{ secretRef: { name: 'tg2' } }] });
    expect(container('telegram')?.image).toContain(':v2');
    expect(container('telegram')?.env).toContainEqual({ name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: 'otel:4317' });
  });

  it('send no telemetry when the instance switched it off [CTL-061]', async () => {
    instance({ channels: [{ type: 'slack' }], observability: { enabled: false, otlpEndpoint: 'otel:4317' } });
    await pass({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' });
    expect(container('slack')?.env).toContainEqual({ name: 'OTEL_EXPORTER_OTLP_ENDPOINT' });
    change({ channels: [{ type: 'slack' }] });
    await pass({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' });
    expect(container('slack')?.env).toContainEqual({
      name: 'OTEL_EXPORTER_OTLP_ENDPOINT',
      value: 'http://collector:4318',
    });
  });

  it('must be of a known type, once each, with a Secret of the namespace, and with a name to have [CTL-WI8]', async () => {
    secret('tg');
    const taken = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: meta('inst-channel-slack') };
    world.store.create(DEPLOYMENTS, taken);
    instance({
      channels: [
        telegram,
        { type: 'telegram', configRef: { secret: 'tg2' } },
        { type: 'carrier-pigeon' },
        { type: 'discord', configRef: { secret: 'other/tok' } },
        { type: 'slack' },
      ],
    });
    await pass();
    expect(read().status?.channels?.map(({ status, message = '' }) => `${status} ${message}`)).toEqual([
      'Pending ',
      'Error `channels[1]` must not have the type of `channels[0]`, "telegram"',
      'Error `channels[2].type` must be one of telegram, slack, discord, whatsapp, not "carrier-pigeon"',
      'Error `channels[3].configRef.secret` must be the name of a Secret in the namespace of the instance, not "other/tok"',
      'Error Deployment "inst-channel-slack" belongs to something else; rename or remove it',
    ]);
    expect(world.store.all(DEPLOYMENTS)).toHaveLength(2);
    expect(find(DEPLOYMENTS, 'inst-channel-slack')?.metadata.ownerReferences).toBeUndefined();
  });
});

describe('memory of an instance', () => {
  it('is a ConfigMap that says that there is nothing yet, and never written again [CTL-049] [CTL-050]', async () => {
    instance({ memory: { enabled: true, maxSizeKB: 256 } });
    await pass();
    const memory = find(CONFIG_MAPS, 'inst-memory') as KubeObject & { data: object };
    expect(memory.data).toEqual({ 'MEMORY.md': '# Agent Memory\n\nNo memories recorded yet.\n' });
    world.store.update(CONFIG_MAPS, memory, { ...memory, data: { 'MEMORY.md': 'Learned.' } } as KubeObject);
    await pass();
    expect(find(CONFIG_MAPS, 'inst-memory')).toMatchObject({ data: { 'MEMORY.md': 'Learned.' } });
  });

  it.each([{}, { memory: { enabled: false, maxSizeKB: 256 } }])(
    'is none unless asked for [CTL-051]: %o',
    async (spec) => {
      instance(spec);
      await pass();
      expect(find(CONFIG_MAPS, 'inst-memory')).toBeUndefined();
      expect(read().status?.memory).toBeUndefined();
    },
  );

  it("is the relay's with the skill memory, so that no object can be missing or in the way [CTL-052] [CTL-053] [CTL-054] [CTL-WI3]", async () => {
    instance();
    await pass();
    expect(read().status?.memory).toBeUndefined();
    change({ skills: [{ skillPackRef: 'memory' }] });
    expect(await pass()).toEqual({ outcome: 'settled' });
    expect(read().status?.memory).toEqual({ server: 'Relay' });
    expect(world.store.all(DEPLOYMENTS)).toEqual([]);
    expect(world.store.all(PERSISTENT_VOLUME_CLAIMS)).toEqual([]);
  });
});

describe('web endpoint of an instance', () => {
  const skills = [{ skillPackRef: 'web-endpoint', params: { rate_limit_rpm: '12' } }, { skillPackRef: 'memory' }];

  it('is one server run of the instance with only that skill [CTL-055] [CTL-056]', async () => {
    secret('ollama-key');
    instance({ skills, authRefs: [{ provider: '', secret: 'ollama-key' }], imagePullSecrets: [{ name: 'r' }] });
    await pass();
    await pass();
    expect(world.store.created('AgentRun')).toHaveLength(1);
    expect(webRun()).toMatchObject({
      metadata: {
        labels: { [LABELS.component]: 'web-endpoint', [LABELS.instance]: 'inst' },
        ownerReferences: [{ name: 'inst', controller: true }],
      },
      spec: {
        mode: 'server',
        agentId: 'web-endpoint',
        sessionKey: 'web-endpoint',
        skills: [skills[0]],
        model: { provider: 'ollama', model: 'small', authSecretRef: 'ollama-key' },
        imagePullSecrets: [{ name: 'r' }],
      },
    });
  });

  it('is told of when it failed and made anew ten minutes later; not before [CTL-WI4] [CTL-WI5]', async () => {
    instance({ skills });
    await pass();
    const first = webRun()?.metadata.uid;
    endWebRun('Failed');
    await pass();
    expect(ready()).toMatchObject({ status: 'False', reason: 'WebEndpointFailed', message: 'Web endpoint: no server' });
    expect(webRun()?.metadata.uid).toBe(first);
    world.clock.advance(600);
    expect(await pass()).toMatchObject({ outcome: 'requeueAfter' });
    await pass();
    expect(webRun()?.metadata.uid).not.toBe(first);
    expect(ready()).toMatchObject({ status: 'True' });
  });

  it('is made anew when its params change, and goes with the skill [CTL-WI5]', async () => {
    instance({ skills });
    await pass();
    change({ skills: [{ skillPackRef: 'web-endpoint', params: { rate_limit_rpm: '99' } }] });
    await pass();
    await pass();
    expect(webRun()?.spec.skills).toEqual([{ skillPackRef: 'web-endpoint', params: { rate_limit_rpm: '99' } }]);
    change({});
    await pass();
    expect(webRun()).toBeUndefined();
  });

  it('leaves a run of that name alone that is not its own', async () => {
    run('inst-web-endpoint', 'Running');
    instance({ skills });
    await pass();
    expect(webRun()?.metadata.ownerReferences).toBeUndefined();
    expect(ready()).toMatchObject({ status: 'False', reason: 'NameTaken' });
  });
});

describe('status of an instance', () => {
  it('counts runs at work, hooks included, of this instance only [CTL-058] [CTL-WI6]', async () => {
    instance();
    run('a', 'Running');
    run('b', 'PostRunning');
    run('c', 'Succeeded');
    run('d', 'Running', { instanceRef: 'another-whose-label-is-the-same' });
    run('e', 'Running', { labels: { [LABELS.finished]: 'true' } });
    await pass();
    expect(read().status).toMatchObject({ phase: 'Running', activeAgentPods: 2 });
  });

  it('is Serving while a run serves, and Running otherwise [CTL-057]', async () => {
    instance();
    run('web', 'Serving');
    await pass();
    expect(read().status?.phase).toBe('Serving');
    world.store.remove(KINDS.AgentRun, find(KINDS.AgentRun, 'web') as KubeObject);
    await pass();
    expect(read().status?.phase).toBe('Running');
  });

  it('names every reference that leads nowhere', async () => {
    instance({
      policyRef: 'strict',
      authRefs: [{ provider: 'openai', secret: 'key' }],
      skills: [{ skillPackRef: 'ops' }, { configMapRef: 'notes' }, { skillPackRef: 'team-b/x' }],
    });
    await pass();
    expect(ready()?.message).toBe(
      [
        '`policyRef`: SympoziumPolicy "strict" not found',
        '`authRefs[0].secret`: Secret "key" not found',
        '`skills[0].skillPackRef`: SkillPack "ops" not found',
        '`skills[1].configMapRef`: ConfigMap "notes" not found',
        '`skills[2].skillPackRef` must be the name of a SkillPack in the namespace of the instance, not "team-b/x"',
      ].join('; '),
    );
  });

  it('finds a SkillPack in the namespace of the system too', async () => {
    instance({ skills: [{ skillPackRef: 'skillpack-ops' }] });
    const metadata = { name: 'ops', namespace: 'sympozium-system' };
    world.store.create(KINDS.SkillPack, { apiVersion: API_VERSION, kind: 'SkillPack', metadata });
    expect(await pass()).toEqual({ outcome: 'settled' });
  });

  it('is Error, with the words of the API server, when that takes an object for invalid [CTL-WI4]', async () => {
    const refusal = { action: { verb: 'apply' as const, resource: DEPLOYMENTS, object: aDeployment() }, code: 422 };
    instance({ channels: [{ type: 'slack' }] });
    const context = { kube: world.kube, bus: world.bus, now: world.clock.now(), signal: new AbortController().signal };
    const seen = await instanceReconciler.observe(KEY, context, loadInstanceConfig({}));
    const plan = instanceReconciler.planRefused?.(
      seen,
      { ...refusal, reason: 'Invalid', message: 'quota exceeded' },
      world.clock.now(),
      loadInstanceConfig({}),
    );
    expect(plan?.actions).toMatchObject([{ verb: 'applyStatus', status: { phase: 'Error' } }]);
    expect(plan?.reason).toBe('Deployment "d" was refused: quota exceeded');
  });
});

const aDeployment = (): KubeObject => ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: meta('d') });

describe('deletion of an instance', () => {
  it('takes channels, memory, runs under way and schedules of agents with it, then lets it go [CTL-059] [CTL-WI7]', async () => {
    instance({ channels: [{ type: 'discord' }], memory: { enabled: true, maxSizeKB: 256 } });
    await pass();
    run('going', 'Running');
    run('done', 'Succeeded', { labels: { [LABELS.finished]: 'true' } });
    for (const [name, labels] of [
      ['by-agent', { [LABELS.source]: 'agent' }],
      ['by-hand', {}],
    ] as const) {
      world.store.create(KINDS.SympoziumSchedule, {
        apiVersion: API_VERSION,
        kind: 'SympoziumSchedule',
        metadata: meta(name, { [LABELS.instance]: 'inst', ...labels }),
        spec: { instanceRef: 'inst' },
      } as KubeObject);
    }
    const before = world.interrupt.writes().length;
    world.store.remove(KINDS.SympoziumInstance, read());
    await pass();
    expect(world.interrupt.writes().slice(before)).toEqual([
      'delete Deployment inst-channel-discord Background',
      'delete ConfigMap inst-memory Background',
      'delete SympoziumSchedule by-agent Background',
      'delete AgentRun going Background',
      'patch SympoziumInstance inst',
    ]);
    expect(find(KINDS.SympoziumInstance, KEY.name)).toBeUndefined();
    expect(find(KINDS.SympoziumSchedule, 'by-hand')).toBeDefined();
    expect(find(KINDS.AgentRun, 'done')).toBeDefined();
  });

  it("leaves a memory that is not the instance's, and the relay's, where they are [CTL-WI9]", async () => {
    world.store.create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata: meta('inst-memory') });
    instance({ memory: { enabled: true, maxSizeKB: 256 }, skills: [{ skillPackRef: 'memory' }] });
    await pass();
    world.store.remove(KINDS.SympoziumInstance, read());
    const before = world.interrupt.writes().length;
    await pass();
    expect(world.interrupt.writes().slice(before)).toEqual(['patch SympoziumInstance inst']);
    expect(find(CONFIG_MAPS, 'inst-memory')).toBeDefined();
  });
});
