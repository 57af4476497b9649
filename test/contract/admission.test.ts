import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KINDS, SYSTEM_NAMESPACE } from '../../crds/group.ts';
import { LABELS } from '../../crds/labels.ts';
import { manifest } from '../../functions/admit/function.ts';
import { manifest as apiManifest } from '../../functions/api/function.ts';
import { createApp as createApi } from '../../functions/api/handler.ts';
import { jsonPatch } from '../../infra/local/cluster/apply/json-patch.ts';
import { createApplier } from '../../infra/local/content/apply.ts';
import { webhookConfigurations } from '../../infra/manifests/webhooks.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { NAMESPACES, pathOf, type Resource } from '../../shared/kube/resources.ts';
import { ADMISSION_DEVIATIONS } from './admission-deviations.ts';
import { type AdmissionEndpoint, startAdmission } from './admission-endpoint.ts';
import {
  anonymous,
  type ContractCluster,
  createNamespace,
  identityWith,
  seedAsBefore,
  startContractCluster,
} from './api-cluster.ts';
import { DEVIATIONS } from './api-deviations.ts';
import { readScenario } from './api-golden.ts';
import { replay } from './api-replay.ts';
import golden19 from './golden-admission/19-webhook-validate.json' with { type: 'json' };
import golden20 from './golden-admission/20-webhook-mutate.json' with { type: 'json' };

let cluster: ContractCluster;
let endpoint: AdmissionEndpoint;

beforeAll(async () => {
  cluster = await startContractCluster(manifest);
  endpoint = await startAdmission(cluster.connection);
}, 60_000);

afterAll(async () => {
  endpoint?.close();
  await cluster?.close();
});

interface Answer {
  apiVersion: string;
  response: { uid: string; allowed: boolean; status: Status; patch?: unknown };
}
interface Status {
  code: number;
  message?: string;
  reason?: string;
}
interface Recorded {
  request: { method: string; path: string; headers?: Record<string, string>; body?: unknown; rawBody?: string };
  response: { status: number; body: unknown };
  compare?: unknown;
}

const text = ({ body, rawBody }: Recorded['request']) => rawBody ?? (body === undefined ? '' : JSON.stringify(body));

/** In the recordings nobody asked what "someone" may do. */
async function letSomeoneLendAnything(): Promise<void> {
  const apiGroup = 'rbac.authorization.k8s.io';
  await createApplier(
    cluster.kube,
    'test',
  )([
    {
      apiVersion: `${apiGroup}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'someone' },
      roleRef: { apiGroup, kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ apiGroup, kind: 'User', name: 'someone' }],
    },
  ]);
}

async function prepare({ namespaces, seed: objects }: { namespaces: string[]; seed: unknown[] }): Promise<void> {
  for (const name of namespaces) await createNamespace(cluster.kube, name);
  await seedAsBefore(cluster.kube, objects as KubeObject[]);
}

/** The original's words, or where the text was its decoder's own, any. */
const wordsOf = ({ compare, request }: Recorded, { message }: Status): string =>
  JSON.stringify(compare ?? '').includes("decoder's own") || text(request).includes('"spec":{}') ? '' : (message ?? '');

describe('the validating endpoint', () => {
  const exchanges = (golden19.exchanges as Recorded[]).map((recorded, index) => ({ index, recorded }));
  beforeAll(async () => {
    await letSomeoneLendAnything();
    await prepare(golden19);
  });

  it.each(exchanges)(
    'gives the verdict that the original gave, or the listed one: $index [CTL-113] [CTL-114] [CTL-115]',
    async ({ index, recorded }) => {
      const { request, response } = recorded;
      const { status, body } = await endpoint.ask({ ...request, body: text(request) });
      expect(status).toBe(response.status);
      if (status !== 200) return;
      const was = response.body as Answer;
      const answer = JSON.parse(body) as Answer;
      const deviation = ADMISSION_DEVIATIONS.find(
        ({ scenario, exchange }) => scenario === '19-webhook-validate' && exchange === index,
      );
      const wanted = deviation?.verdict ?? {
        allowed: was.response.allowed,
        code: was.response.status.code,
        message: wordsOf(recorded, was.response.status),
      };
      expect(answer.response.uid).toBe(was.response.uid);
      expect(answer.apiVersion ?? '').toBe(was.apiVersion ?? answer.apiVersion);
      expect({ allowed: answer.response.allowed, code: answer.response.status.code }).toEqual({
        allowed: wanted.allowed,
        code: wanted.code,
      });
      expect(answer.response.status.message?.startsWith(wanted.message), answer.response.status.message).toBe(true);
      expect(answer.response.status.reason).toBe(wanted.code === 403 ? 'Forbidden' : undefined);
    },
  );
});

describe('the mutating endpoint', () => {
  const exchanges = (golden20.exchanges as Recorded[]).map((recorded, index) => ({ index, recorded }));
  beforeAll(() => prepare(golden20));

  it.each(exchanges)('stores what the original would have stored: $index [CTL-122] [CTL-123]', async ({ recorded }) => {
    const { request, response } = recorded;
    const { status, body } = await endpoint.ask({ ...request, body: text(request) });
    expect(status).toBe(response.status);
    const was = (response.body as Answer).response;
    const is = (JSON.parse(body) as Answer).response;
    expect({ allowed: is.allowed, code: is.status.code }).toEqual({ allowed: was.allowed, code: was.status.code });
    expect((is.status.message ?? '').startsWith(wordsOf(recorded, was.status))).toBe(true);
    if (was.patch === undefined) expect(is.patch).toBeUndefined();
    else {
      const { object } = (request.body as { request: { object: object } }).request;
      const steps = JSON.parse(Buffer.from(String(is.patch), 'base64').toString('utf8'));
      expect(patched(object, steps)).toEqual({ ...patched(object, was.patch), status: undefined });
    }
  });
});

function patched(object: object, steps: unknown): Record<string, unknown> {
  const outcome = jsonPatch(structuredClone(object) as never, steps as never);
  if ('error' in outcome) throw outcome.error;
  return outcome.object as unknown as Record<string, unknown>;
}

describe('behind the REST API', () => {
  const { namespaces, seed: objects = [], exchanges, server } = readScenario('21-admission');

  it('a refused run is answered as by the original, but for the listed deviations [API-058] [API-W27]', async () => {
    const place = new URL(endpoint.url);
    const filled = JSON.stringify(objects)
      .replaceAll('{{webhookPort}}', place.port)
      .replaceAll('{{webhookCA}}', Buffer.from(endpoint.ca).toString('base64'));
    const [hooks = [], seeds = []] = Object.values(
      Object.groupBy(JSON.parse(filled) as KubeObject[], ({ kind }) => (kind in KINDS ? 'seed' : 'hook')),
    ).toSorted((a) => (a?.[0]?.kind === 'ValidatingWebhookConfiguration' ? -1 : 1));
    await prepare({ namespaces, seed: seeds });
    await createApplier(cluster.kube, 'test')(hooks as never);
    const token = await identityWith(cluster.kube, apiManifest);
    const connection = { ...anonymous(cluster.connection), token };
    const app = createApi({ env: { SYMPOZIUM_UI_TOKEN: server.token }, connection });
    const run = { app, kube: cluster.kube, captured: new Map<string, string>() };
    const found: string[] = [];
    for (const [index, exchange] of exchanges.entries()) {
      const all = await replay(run, exchange, DEVIATIONS[`21-admission#${index}`]);
      found.push(...all.map((one) => `${index}: ${one}`));
    }
    await cluster.kube.json({
      method: 'DELETE',
      path: `/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/${hooks[0]?.metadata.name}`,
    });
    expect(found).toEqual([]);
  });
});

describe('registered with the API server', () => {
  const NS = 'registered';
  const of = (resource: Resource, name: string, spec: object, more: object = {}): KubeObject & { spec: object } => ({
    apiVersion: `${resource.group}/${resource.version}`,
    kind: resource.kind,
    metadata: { name, namespace: NS, ...more },
    spec,
  });
  const instance = (name: string, policyRef?: string) =>
    of(KINDS.SympoziumInstance, name, { agents: { default: { model: 'm' } }, ...(policyRef && { policyRef }) });
  const run = (name: string, instanceRef: string, more: object = {}, meta: object = {}) =>
    of(
      KINDS.AgentRun,
      name,
      {
        instanceRef,
        agentId: 'a',
        sessionKey: 's',
        task: 't',
        model: { provider: 'p', model: 'm', authSecretRef: 'k' },
        ...more,
      },
      meta,
    );
  const options = { fieldManager: 'test' };
  const create = (object: KubeObject) => cluster.kube.create(KINDS[object.kind as keyof typeof KINDS], object, options);
  const merge = (resource: Resource, name: string, body: object, subresource = '') =>
    cluster.kube.json({
      method: 'PATCH',
      path: `${pathOf(resource, NS, name)}${subresource}`,
      body,
      contentType: 'application/merge-patch+json',
    });

  async function register(url: string): Promise<void> {
    await createApplier(
      cluster.kube,
      'test',
    )(webhookConfigurations([manifest], endpoint.ca, (path) => ({ url: url + path })));
  }

  beforeAll(async () => {
    await createNamespace(cluster.kube, NS);
    await register(endpoint.url);
    await create(of(KINDS.SympoziumPolicy, 'strict', { sandboxPolicy: { required: true, defaultImage: 'box:1' } }));
    await create(instance('bound', 'strict'));
  });

  it('lets a run that says nothing of sandboxes have the one that its policy requires [CTL-WA1] [CTL-122]', async () => {
    const stored = await create(run('silent', 'bound'));
    expect(stored).toMatchObject({ spec: { sandbox: { enabled: true, image: 'box:1' } } });
  });

  it('refuses with field, rule and policy, and stores nothing [CTL-116]', async () => {
    const refused = create(run('against', 'bound', { sandbox: { enabled: false } }));
    await expect(refused).rejects.toThrow(
      /vagentpod\.sympozium\.ai.*sandbox is required by policy \(spec\.sandbox\.enabled; sandboxPolicy\.required of SympoziumPolicy "strict"\)/,
    );
    expect(await cluster.kube.get(KINDS.AgentRun, { namespace: NS, name: 'against' })).toBeUndefined();
  });

  it('takes a run that follows its instance at once, though it was absent a moment ago [CTL-WA5] [CTL-113]', async () => {
    await expect(create(run('early', 'late'))).rejects.toThrow('failed to find SympoziumInstance late');
    await create(instance('late'));
    await create(run('early', 'late'));
  });

  it('takes a run as soon as its policy is relaxed [CTL-WA5]', async () => {
    await create(of(KINDS.SympoziumPolicy, 'soft', { featureGates: { 'sub-agents': false } }));
    await create(instance('gated', 'soft'));
    const child = { parent: { runName: 'p', sessionKey: 's', spawnDepth: 1 } };
    await expect(create(run('child', 'gated', child))).rejects.toThrow('sub-agents');
    await merge(KINDS.SympoziumPolicy, 'soft', { spec: { featureGates: { 'sub-agents': true } } });
    await create(run('child', 'gated', child));
  });

  it('holds up no finalizer, label, status, cancellation or deletion of a run whose instance is gone, but no new one [CTL-WA4] [RUN-W39] [RUN-119] [CTL-112]', async () => {
    await create(instance('short-lived'));
    await create(run('orphan', 'short-lived', {}, { finalizers: ['sympozium.ai/x'] }));
    await cluster.kube.json({ method: 'DELETE', path: pathOf(KINDS.SympoziumInstance, NS, 'short-lived') });
    await expect(create(run('late', 'nobody'))).rejects.toThrow('nobody');
    await merge(KINDS.AgentRun, 'orphan', { metadata: { labels: { a: 'b' } } });
    await merge(KINDS.AgentRun, 'orphan', { status: { phase: 'Failed' } }, '/status');
    await merge(KINDS.AgentRun, 'orphan', { spec: { cancel: true } });
    await cluster.kube.json({ method: 'DELETE', path: pathOf(KINDS.AgentRun, NS, 'orphan') });
    await merge(KINDS.AgentRun, 'orphan', { spec: { task: 'still' } });
    await merge(KINDS.AgentRun, 'orphan', { metadata: { finalizers: [] } });
    expect(await cluster.kube.get(KINDS.AgentRun, { namespace: NS, name: 'orphan' })).toBeUndefined();
  });

  it('holds an update of a run only to what the update itself breaks [CTL-WA4]', async () => {
    await create(of(KINDS.SympoziumPolicy, 'grows', {}));
    await create(instance('growing', 'grows'));
    await create(run('old', 'growing'));
    await merge(KINDS.SympoziumPolicy, 'grows', {
      spec: { sandboxPolicy: { required: true }, featureGates: { 'sub-agents': false } },
    });
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    await merge(KINDS.AgentRun, 'old', { spec: { task: 'other' } });
    const parent = { runName: 'p', sessionKey: 's', spawnDepth: 1 };
    await expect(merge(KINDS.AgentRun, 'old', { spec: { parent } })).rejects.toThrow('sub-agents');
  });

  it('holds a run to the policy of its namespace, whatever its instance names, and to both where it names one [CTL-WA3]', async () => {
    const floored = 'floored';
    const at = (object: KubeObject): KubeObject => ({
      ...object,
      metadata: { ...object.metadata, namespace: floored },
    });
    const system = (object: KubeObject): KubeObject => ({
      ...object,
      metadata: { ...object.metadata, namespace: SYSTEM_NAMESPACE },
    });
    await createNamespace(cluster.kube, floored);
    await createNamespace(cluster.kube, SYSTEM_NAMESPACE);
    const label = (name: string) =>
      cluster.kube.json({
        method: 'PATCH',
        path: pathOf(NAMESPACES, '', floored),
        body: { metadata: { labels: { [LABELS.policy]: name } } },
        contentType: 'application/merge-patch+json',
      });
    await create(system(of(KINDS.SympoziumPolicy, 'house-rules', { featureGates: { 'sub-agents': false } })));
    // One of the same name that a tenant wrote counts for nothing.
    await create(at(of(KINDS.SympoziumPolicy, 'house-rules', {})));
    await create(at(of(KINDS.SympoziumPolicy, 'own', { sandboxPolicy: { required: true } })));
    await create(at(instance('free')));
    await create(at(instance('held', 'own')));
    await label('house-rules');
    const parent = { parent: { runName: 'p', sessionKey: 's', spawnDepth: 1 } };
    await create(at(run('plain', 'free')));
    const child = create(at(run('child', 'free', parent)));
    await expect(child).rejects.toThrow('featureGates.sub-agents of SympoziumPolicy "house-rules"');
    const both = create(at(run('both', 'held', { ...parent, sandbox: { enabled: false } })));
    await expect(both).rejects.toThrow(/SympoziumPolicy "own".*SympoziumPolicy "house-rules"/s);
    await label('nobodys-rules');
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    await expect(create(at(run('late', 'free')))).rejects.toThrow(
      'failed to find SympoziumPolicy nobodys-rules: SympoziumPolicy.sympozium.ai "nobodys-rules" not found (named by label sympozium.ai/policy of Namespace "floored")',
    );
  });

  it.each([
    { schedule: '0 0 30 2 *', says: 'schedule' },
    { schedule: '0 0 * * *', timeZone: 'Mars/Olympus', says: 'Mars/Olympus' },
  ])(
    'refuses a schedule that never ticks or whose zone nobody knows: $schedule $timeZone',
    async ({ says, ...spec }) => {
      const object = of(KINDS.SympoziumSchedule, 'never', { instanceRef: 'bound', task: 't', ...spec });
      await expect(create(object)).rejects.toThrow(says);
    },
  );

  it('refuses a pack whose personas hand work round in a circle [CTL-WX2]', async () => {
    const persona = (name: string) => ({ name, systemPrompt: 'p' });
    const edge = (source: string, target: string) => ({ source, target, type: 'delegation' });
    const spec = { personas: [persona('a'), persona('b')], relationships: [edge('a', 'b'), edge('b', 'a')] };
    await expect(create(of(KINDS.PersonaPack, 'round', spec))).rejects.toThrow('relationships');
  });

  it('with nobody to answer, refuses runs, and lets statuses, labels, deletions and all other kinds through [CTL-WA9]', async () => {
    await create(run('standing', 'late'));
    await register('https://127.0.0.1:9');
    try {
      await expect(create(run('unjudged', 'late'))).rejects.toThrow('vagentpod.sympozium.ai');
      await merge(KINDS.AgentRun, 'standing', { metadata: { labels: { a: 'b' } } });
      await merge(KINDS.AgentRun, 'standing', { status: { phase: 'Running' } }, '/status');
      await cluster.kube.json({ method: 'DELETE', path: pathOf(KINDS.AgentRun, NS, 'standing') });
      await create(instance('unasked'));
      await create(of(KINDS.SympoziumSchedule, 'unasked', { instanceRef: 'late', task: 't', schedule: '0 0 * * *' }));
    } finally {
      await register(endpoint.url);
    }
  });
});
