import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API_VERSION, GROUP, KINDS } from '../../crds/group.ts';
import { manifest } from '../../functions/admit/function.ts';
import { manifest as personaPackManifest } from '../../functions/reconcile-personapack/function.ts';
import { createApplier } from '../../infra/local/content/apply.ts';
import { webhookConfigurations } from '../../infra/manifests/webhooks.ts';
import { createKubeClient, type KubeClient } from '../../shared/kube/client.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { pathOf, SECRETS } from '../../shared/kube/resources.ts';
import type { PolicyRule } from '../../shared/manifest.ts';
import { type AdmissionEndpoint, startAdmission } from './admission-endpoint.ts';
import { anonymous, type ContractCluster, createNamespace, identityWith, startContractCluster } from './api-cluster.ts';

const NS = 'lending';
const SECRET = 'crown-jewels';
const OPTIONS = { fieldManager: 'test' };

let cluster: ContractCluster;
let endpoint: AdmissionEndpoint;
const clients: KubeClient[] = [];

const kinds = Object.values(KINDS).map(({ plural }) => plural);
const WRITES: PolicyRule = { apiGroups: [GROUP], resources: kinds, verbs: ['create', 'patch'] };
const READS_SECRET: PolicyRule = { apiGroups: [''], resources: ['secrets'], resourceNames: [SECRET], verbs: ['get'] };
const DELETES_PODS: PolicyRule = { apiGroups: [''], resources: ['pods'], verbs: ['delete'] };
const READS_LOGS: PolicyRule = { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] };

/** Somebody who may write our kinds, and what the rules say. */
async function somebody(name: string, rules: PolicyRule[] = []): Promise<KubeClient> {
  return clientOf({ name, rules: [WRITES, ...rules] });
}

async function clientOf(who: Parameters<typeof identityWith>[1]): Promise<KubeClient> {
  const client = createKubeClient({ ...anonymous(cluster.connection), token: await identityWith(cluster.kube, who) });
  clients.push(client);
  await expect.poll(() => mayWrite(client), { timeout: 10_000 }).toBe(true);
  return client;
}

/** A real API server hears of new roles a moment later. */
async function mayWrite(client: KubeClient): Promise<boolean> {
  const { group, plural: resource } = KINDS.SympoziumInstance;
  const resourceAttributes = { verb: 'create', group, resource, namespace: NS };
  const apiVersion = 'authorization.k8s.io/v1';
  const { status } = await client.json<{ status: { allowed: boolean } }>({
    method: 'POST',
    path: `/apis/${apiVersion}/selfsubjectaccessreviews`,
    body: { apiVersion, kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } },
  });
  return status.allowed;
}

const of = (kind: keyof typeof KINDS, name: string, spec: object): KubeObject & { spec: object } => ({
  apiVersion: API_VERSION,
  kind,
  metadata: { name, namespace: NS },
  spec,
});
const write = (client: KubeClient, object: KubeObject) =>
  client.create(KINDS[object.kind as keyof typeof KINDS], object, OPTIONS);
const change = (client: KubeClient, kind: keyof typeof KINDS, name: string, body: object) =>
  client.json({
    method: 'PATCH',
    path: pathOf(KINDS[kind], NS, name),
    body,
    contentType: 'application/merge-patch+json',
  });

const agents = { default: { model: 'm' } };
const hooks = (rbac: object[]) => ({ default: { model: 'm', lifecycle: { rbac } } });
const podRule = { apiGroups: [''], resources: ['pods'], verbs: ['delete'] };
const logRule = { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] };
const persona = { name: 'p', systemPrompt: 's' };
const sidecar = { image: 'x' };
const run = (name: string, instanceRef: string, authSecretRef: string, more: object = {}) =>
  of('AgentRun', name, {
    instanceRef,
    agentId: 'a',
    sessionKey: 's',
    task: 't',
    model: { provider: 'p', model: 'm', authSecretRef },
    ...more,
  });

const configurations = (url: string) => webhookConfigurations([manifest], endpoint.ca, (path) => ({ url: url + path }));

/** Asked about the namespace of this test alone: on a real API server others are at work. */
async function register(url: string): Promise<void> {
  const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': NS } };
  const narrowed = configurations(url).map(({ webhooks, ...one }) => ({
    ...one,
    webhooks: webhooks.map((webhook) => ({ ...webhook, namespaceSelector })),
  }));
  await createApplier(cluster.kube, 'test')(narrowed);
}

async function unregister(): Promise<void> {
  for (const { apiVersion, kind, metadata } of configurations('https://127.0.0.1:9')) {
    await cluster.kube.json({ method: 'DELETE', path: `/apis/${apiVersion}/${kind.toLowerCase()}s/${metadata.name}` });
  }
}

beforeAll(async () => {
  cluster = await startContractCluster(manifest);
  endpoint = await startAdmission(cluster.connection);
  await createNamespace(cluster.kube, NS);
  const data = { token: Buffer.from('s3cret').toString('base64') };
  await cluster.kube.create(
    SECRETS,
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: SECRET, namespace: NS }, data } as KubeObject,
    OPTIONS,
  );
  await register(endpoint.url);
  await write(cluster.kube, of('SympoziumInstance', 'bare', { agents }));
}, 60_000);

afterAll(async () => {
  for (const client of clients) client.close();
  if (endpoint !== undefined) await unregister();
  endpoint?.close();
  await cluster?.close();
});

interface Lending {
  object: KubeObject;
  field: string;
  /** Who has this may lend it. */
  right: PolicyRule;
}

const LENDING: Lending[] = [
  { object: run('run-key', 'bare', SECRET), field: 'spec.model.authSecretRef', right: READS_SECRET },
  {
    object: run('run-hooks', 'bare', '', { lifecycle: { rbac: [podRule] } }),
    field: 'spec.lifecycle.rbac[0]',
    right: DELETES_PODS,
  },
  {
    object: of('SympoziumInstance', 'inst-key', { agents, authRefs: [{ provider: 'p', secret: SECRET }] }),
    field: 'spec.authRefs[0].secret',
    right: READS_SECRET,
  },
  {
    object: of('SympoziumInstance', 'inst-chat', {
      agents,
      channels: [{ type: 'telegram', configRef: { secret: SECRET } }],
    }),
    field: 'spec.channels[0].configRef.secret',
    right: READS_SECRET,
  },
  {
    object: of('SympoziumInstance', 'inst-mcp', {
      agents,
      mcpServers: [{ name: 'x', url: 'http://x', toolsPrefix: 'x', authSecret: SECRET }],
    }),
    field: 'spec.mcpServers[0].authSecret',
    right: READS_SECRET,
  },
  {
    object: of('SympoziumInstance', 'inst-otel', {
      agents,
      observability: { enabled: true, headersSecretRef: SECRET },
    }),
    field: 'spec.observability.headersSecretRef',
    right: READS_SECRET,
  },
  {
    object: of('SympoziumInstance', 'inst-skill', {
      agents,
      skills: [{ skillPackRef: 'web-endpoint', params: { auth_secret_ref: SECRET } }],
    }),
    field: 'spec.skills[0].params.auth_secret_ref',
    right: READS_SECRET,
  },
  {
    object: of('SympoziumInstance', 'inst-hooks', { agents: hooks([logRule]) }),
    field: 'spec.agents.default.lifecycle.rbac[0]',
    right: READS_LOGS,
  },
  {
    object: of('PersonaPack', 'pack-key', { personas: [persona], authRefs: [{ provider: 'p', secret: SECRET }] }),
    field: 'spec.authRefs[0].secret',
    right: READS_SECRET,
  },
  {
    object: of('PersonaPack', 'pack-chat', { personas: [persona], channelConfigs: { slack: SECRET } }),
    field: 'spec.channelConfigs[slack]',
    right: READS_SECRET,
  },
  {
    object: of('PersonaPack', 'pack-hooks', { personas: [{ ...persona, lifecycle: { rbac: [podRule] } }] }),
    field: 'spec.personas[0].lifecycle.rbac[0]',
    right: DELETES_PODS,
  },
  {
    object: of('SkillPack', 'skill-key', { skills: [], sidecar: { ...sidecar, secretRef: SECRET } }),
    field: 'spec.sidecar.secretRef',
    right: READS_SECRET,
  },
  {
    object: of('SkillPack', 'skill-role', { skills: [], sidecar: { ...sidecar, rbac: [podRule] } }),
    field: 'spec.sidecar.rbac[0]',
    right: DELETES_PODS,
  },
  {
    object: of('SkillPack', 'skill-cluster', { skills: [], sidecar: { ...sidecar, clusterRBAC: [podRule] } }),
    field: 'spec.sidecar.clusterRBAC[0]',
    right: DELETES_PODS,
  },
  {
    object: of('SkillPack', 'skill-node', {
      skills: [],
      sidecar: { ...sidecar, hostAccess: { enabled: true, hostPID: true } },
    }),
    field: 'spec.sidecar.hostAccess',
    right: { apiGroups: [GROUP], resources: ['skillpacks'], verbs: ['escalate'] },
  },
  {
    object: of('MCPServer', 'mcp-key', {
      transportType: 'http',
      toolsPrefix: 'x',
      deployment: { image: 'x', secretRefs: [{ name: SECRET }] },
    }),
    field: 'spec.deployment.secretRefs[0].name',
    right: READS_SECRET,
  },
  {
    object: of('MCPServer', 'mcp-account', {
      transportType: 'http',
      toolsPrefix: 'x',
      deployment: { image: 'x', serviceAccountName: 'boss' },
    }),
    field: 'spec.deployment.serviceAccountName',
    right: { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['impersonate'] },
  },
];

describe('nobody lends a right that they do not have', () => {
  it.each(LENDING)('$field of a $object.kind [RUN-W21] [CTL-WA3] [CTL-WK2]', async ({ object, field, right }) => {
    const { name } = object.metadata;
    const refused = write(await somebody(`without-${name}`), object);
    await expect(refused).rejects.toThrow(
      `${field}: "system:serviceaccount:sympozium-system:without-${name}" may not `,
    );
    await expect(refused).rejects.toThrow(/and so may not lend it; leave it out, or have somebody write it who/);
    await write(await somebody(`with-${name}`, [right]), object);
  });

  it('but a run may use what its instance lends, whoever makes it [RUN-W21]', async () => {
    const authRefs = [{ provider: 'p', secret: SECRET }];
    const lifecycle = { rbac: [podRule], preRun: [{ name: 'fetch', image: 'fetch:1' }] };
    await write(
      cluster.kube,
      of('SympoziumInstance', 'rich', { agents: { default: { model: 'm', lifecycle } }, authRefs }),
    );
    const client = await somebody('maker-of-runs');
    await write(client, run('of-rich', 'rich', SECRET, { lifecycle }));
    await write(client, run('plain-of-rich', 'rich', SECRET));
    await expect(write(client, run('of-bare', 'bare', SECRET))).rejects.toThrow(`may not get secrets "${SECRET}"`);
  });

  it('and a run may neither send a key elsewhere nor have other hooks use the rights of its instance [RUN-W21]', async () => {
    const client = await somebody('thief');
    const model = { provider: 'p', model: 'm', authSecretRef: SECRET, baseURL: 'https://elsewhere.example/v1' };
    await expect(write(client, run('sends-key', 'rich', SECRET, { model }))).rejects.toThrow(
      'spec.model.authSecretRef',
    );
    for (const lifecycle of [
      { rbac: [podRule], preRun: [{ name: 'fetch', image: 'mine:1' }] },
      { rbac: [podRule, { ...podRule, verbs: ['create'] }], preRun: [{ name: 'fetch', image: 'fetch:1' }] },
    ]) {
      await expect(write(client, run('own-hooks', 'rich', '', { lifecycle }))).rejects.toThrow(
        'spec.lifecycle.rbac[0]',
      );
    }
  });

  it('and what others lend may only be changed by who has it: another image would get it [RUN-W21]', async () => {
    const spec = { skills: [], sidecar: { ...sidecar, rbac: [podRule] } };
    await write(cluster.kube, of('SkillPack', 'kept', spec));
    const client = await somebody('editor');
    await change(client, 'SkillPack', 'kept', { metadata: { labels: { a: 'b' } } });
    const image = change(client, 'SkillPack', 'kept', { spec: { sidecar: { image: 'mine:1' } } });
    await expect(image).rejects.toThrow('spec.sidecar.rbac[0]');
    await change(client, 'SkillPack', 'kept', { spec: { sidecar: { image: 'mine:1', rbac: [] } } });
    await expect(change(client, 'SkillPack', 'kept', { spec })).rejects.toThrow('spec.sidecar.rbac[0]');
  });

  it('nor more rights than can be looked up [RUN-W21]', async () => {
    const verbs = Array.from({ length: 101 }, (_, index) => `verb${index}`);
    const many = of('SkillPack', 'many', { skills: [], sidecar: { ...sidecar, rbac: [{ ...podRule, verbs }] } });
    await expect(write(await somebody('hoarder'), many)).rejects.toThrow('it lends 101 rights, of which at most 100');
  });

  it('but the control plane makes instances of what a pack lends, and nobody is asked about it [RUN-W21]', async () => {
    await register('https://127.0.0.1:9');
    try {
      const reconciler = await clientOf(personaPackManifest);
      await write(reconciler, of('SympoziumInstance', 'stamped', { agents: hooks([podRule]) }));
    } finally {
      await register(endpoint.url);
    }
  });

  it('with nobody to answer, who may lend anything writes on, and others write what lends nothing [CTL-WA9] [CTL-WA3]', async () => {
    await register('https://127.0.0.1:9');
    try {
      const client = await somebody('late');
      await write(cluster.kube, of('SympoziumInstance', 'by-admin', { agents, authRefs: [{ secret: SECRET }] }));
      await write(client, of('SympoziumInstance', 'lends-nothing', { agents }));
      const unjudged = write(client, of('SympoziumInstance', 'unjudged', { agents, authRefs: [{ secret: SECRET }] }));
      await expect(unjudged).rejects.toThrow('vinstance.sympozium.ai');
    } finally {
      await register(endpoint.url);
    }
  });
});
