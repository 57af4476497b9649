import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { type AgentRun, type AgentRunInput, AgentRunSchema } from '../../crds/agentrun.ts';
import { DEFINITIONS } from '../../crds/definitions.ts';
import { crdOf } from '../../crds/generate.ts';
import { API_VERSION, crdName, KINDS, type Kind } from '../../crds/group.ts';
import { createKubeClient, type KubeClient } from '../../shared/kube/client.ts';
import { connectionFrom } from '../../shared/kube/connection.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { NAMESPACES, type Resource } from '../../shared/kube/resources.ts';

const CRDS: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
};
const MANAGER = { fieldManager: 'crds-test' };
const NAMESPACE = `crds-${process.pid}`;

type Ours = KubeObject & { kind: Kind; spec?: unknown };
interface Crd extends KubeObject {
  status?: { conditions?: { type: string; status: string; message: string }[] };
}

const isOurs = (object: KubeObject): object is Ours => object.kind in KINDS;
const inNamespace = <T extends KubeObject>(object: T, name = object.metadata.name): T => ({
  ...object,
  metadata: { ...object.metadata, name, namespace: NAMESPACE },
});

const SAMPLES = new URL('../../crds/samples/', import.meta.url);
const sample = (file: string): Ours => inNamespace(parse(readFileSync(new URL(file, SAMPLES), 'utf8')));
const samples = readdirSync(SAMPLES).map((file) => ({ name: file, object: sample(file) }));

const CASES = new URL('../contract/golden/', import.meta.url);
const originals = readdirSync(CASES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name: folder }) =>
    parseAllDocuments(readFileSync(new URL(`${folder}/input.yaml`, CASES), 'utf8'))
      .map((document): KubeObject => document.toJS())
      .filter(isOurs)
      .map((object) => ({
        name: `${folder} ${object.kind}`,
        object: inNamespace(object, `${folder}-${object.metadata.name}`),
      })),
  );

let kube: KubeClient;

beforeAll(async () => {
  if (!process.env['KUBECONFIG']) {
    throw new Error('KUBECONFIG must name the kubeconfig of a cluster for tests: these write to a real API server');
  }
  kube = createKubeClient(connectionFrom(process.env));
  for (const definition of Object.values(DEFINITIONS)) await kube.apply<KubeObject>(CRDS, crdOf(definition), MANAGER);
  for (const kind of Object.keys(KINDS)) await established(kind as Kind);
  await kube.apply(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } }, MANAGER);
});

afterAll(async () => {
  await kube?.remove({ resource: NAMESPACES, name: NAMESPACE });
  kube?.close();
});

async function eventually<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const until = Date.now() + 30_000;
  while (Date.now() < until) {
    const found = await look();
    if (found !== undefined) return found;
    await delay(100);
  }
  throw new Error(`${what} did not come about within 30 s`);
}

const established = (kind: Kind): Promise<true> =>
  eventually(`${crdName(kind)} Established`, async () => {
    const crd = await kube.get<Crd>(CRDS, { name: crdName(kind) });
    const held = (crd?.status?.conditions ?? []).filter(({ status }) => status === 'True').map(({ type }) => type);
    return held.includes('Established') || undefined;
  });

/** Under a name of its own, as a create that stores nothing still minds what is stored. */
const dryRun = <T extends KubeObject>(kind: Kind, object: T): Promise<T> =>
  kube.create(KINDS[kind], inNamespace(object, `dry-${object.metadata.name}`), { ...MANAGER, dryRun: true });
const refusal = (kind: Kind, object: KubeObject): Promise<string> =>
  dryRun(kind, object).then(
    () => 'accepted',
    (error: unknown) => String(error),
  );

/** What zod makes of a spec. */
const parsedSpec = ({ kind, spec }: Ours): unknown => DEFINITIONS[kind].spec.parse(spec);

describe('the CRDs on a real API server', () => {
  it.each(Object.keys(KINDS) as Kind[])('have no structural complaint when %s is applied', async (kind) => {
    const crd = await kube.get<Crd>(CRDS, { name: crdName(kind) });
    const complaints = crd?.status?.conditions?.filter(({ type }) => type === 'NonStructuralSchema');
    expect(complaints).toEqual([]);
  });

  it.each(samples)('store $name when it is applied', async ({ object }) => {
    const stored = await kube.apply(KINDS[object.kind], object, MANAGER);
    expect(stored.spec).toMatchObject(object.spec ?? {});
  });

  it.each([...samples, ...originals])('fill in the same defaults as zod when $name is created', async ({ object }) => {
    const served = await dryRun(object.kind, object);
    expect(served.spec).toEqual(parsedSpec(object));
  });

  it.each(['policy', 'config'])('take a %s without a spec when it is created', async (name) => {
    const kind: Kind = name === 'policy' ? 'SympoziumPolicy' : 'SympoziumConfig';
    const empty: Ours = { apiVersion: API_VERSION, kind, metadata: { name, namespace: NAMESPACE } };
    expect((await dryRun(kind, empty)).spec).toEqual({});
  });

  it('explain every field of every kind when asked for the OpenAPI document', async () => {
    for (const definition of Object.values(DEFINITIONS)) {
      const expected =
        crdOf(definition).spec.versions[0]?.schema.openAPIV3Schema.properties?.['spec']?.properties ?? {};
      const explained = await explainedSpec(definition.names.kind as Kind);
      for (const [field, schema] of Object.entries(expected)) {
        expect(explained[field], `${definition.names.kind}.spec.${field}`).toMatchObject({
          description: schema['description'],
        });
      }
    }
  });
});

interface OpenApi {
  components?: { schemas?: Record<string, { properties?: Record<string, { properties?: Record<string, unknown> }> }> };
}

/** The document is made some time after the CRD is established. */
const explainedSpec = (kind: Kind): Promise<Record<string, unknown>> =>
  eventually(`schema of ${kind}`, async () => {
    const document = await kube.json<OpenApi>({ method: 'GET', path: `/openapi/v3/apis/${API_VERSION}` });
    const name = `ai.sympozium.v1alpha1.${kind}`;
    return document.components?.schemas?.[name]?.properties?.['spec']?.properties;
  });

describe('an AgentRun on a real API server', () => {
  const run: AgentRunInput & KubeObject = AgentRunSchema.parse(sample('agentrun.yaml'));
  const withSpec = (change: object): KubeObject => ({ ...run, spec: { ...run.spec, ...change } }) as KubeObject;

  it.each<{ when: string; change: object; field: string }>([
    { when: 'the task is absent', change: { task: undefined }, field: 'spec.task' },
    { when: 'the task is a number', change: { task: 1 }, field: 'spec.task' },
    { when: 'the task is over its limit', change: { task: 'x'.repeat(1_048_577) }, field: 'spec.task' },
    { when: 'the mode is unknown', change: { mode: 'batch' }, field: 'spec.mode' },
    { when: 'the timeout is no duration', change: { timeout: '10 minutes' }, field: 'spec.timeout' },
    { when: 'a skill is no object', change: { skills: ['csv'] }, field: 'spec.skills[0]' },
    {
      when: 'a hook has no image',
      change: { lifecycle: { preRun: [{ name: 'a' }] } },
      field: 'spec.lifecycle.preRun[0].image',
    },
  ])('is refused by the API server and by zod, naming the field, when $when', async ({ change, field }) => {
    const refused = AgentRunSchema.safeParse(withSpec(change));
    expect(await refusal('AgentRun', withSpec(change))).toContain(field);
    expect(refused.error?.issues.map(({ path }) => path.join('.').replace(/\.(\d+)/g, '[$1]'))).toContain(field);
  });

  it('is refused when a field is unknown and validation is strict', async () => {
    expect(await refusal('AgentRun', withSpec({ taks: 'typo' }))).toContain('unknown field "spec.taks"');
  });

  it('keeps its status, shows in columns and is found by phase and instance when it is under way', async () => {
    const stored = await kube.apply(KINDS.AgentRun, inNamespace(run, 'under-way'), MANAGER);
    const status: AgentRun['status'] = {
      observedGeneration: 1,
      phase: 'Running',
      podName: 'under-way-x',
      startedAt: '2026-01-02T03:04:05Z',
      resultTruncated: false,
      resolution: {
        skills: [{ skillPackRef: 'csv-tools', params: { delimiter: ';' } }],
        timeout: '10m',
        systemPrompt: '',
        model: { provider: 'anthropic', model: 'm', authSecretRef: '' },
        policy: { name: 'careful', generation: 1 },
      },
      conditions: [
        {
          type: 'Succeeded',
          status: 'Unknown',
          reason: 'Running',
          message: 'The agent is at work',
          lastTransitionTime: '2026-01-02T03:04:05Z',
          observedGeneration: 1,
        },
      ],
    };
    const { apiVersion, kind, metadata } = stored;
    const { name, namespace } = metadata;
    const at = { apiVersion, kind, metadata: { name, namespace: namespace ?? '' }, status };
    expect(await kube.applyStatus<KubeObject>(KINDS.AgentRun, at, MANAGER)).toMatchObject({ status });

    const query = { fieldSelector: 'status.phase=Running,spec.instanceRef=analyst' };
    const found = await kube.list(KINDS.AgentRun, { namespace: NAMESPACE, ...query });
    expect(found.items.map((item) => item.metadata.name)).toEqual(['under-way']);

    const table = await kube.json<{ columnDefinitions: { name: string }[]; rows: { cells: unknown[] }[] }>({
      method: 'GET',
      path: `/apis/${API_VERSION}/namespaces/${NAMESPACE}/agentruns`,
      query,
      accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
    });
    const columns = ['Name', 'Instance', 'Phase', 'Pod', 'Age', 'Reason', 'Message'];
    expect(table.columnDefinitions.map((column) => column.name)).toEqual(columns);
    const cells = [
      'under-way',
      'analyst',
      'Running',
      'under-way-x',
      expect.anything(),
      'Running',
      'The agent is at work',
    ];
    expect(table.rows[0]?.cells).toEqual(cells);
  });
});
