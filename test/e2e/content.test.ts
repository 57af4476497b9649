import { globSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AgentRun } from '../../crds/agentrun.ts';
import { API_VERSION, KINDS, type Kind, SYSTEM_NAMESPACE } from '../../crds/group.ts';
import { LABELS } from '../../crds/labels.ts';
import type { PersonaPack } from '../../crds/personapack.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import { ROOT } from '../../infra/bundle/bundle.ts';
import { createApplier, documentsOf, type Manifest, platformObjects } from '../../infra/local/content/apply.ts';
import type { KubeClient } from '../../shared/kube/client.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { pathOf, SECRETS } from '../../shared/kube/resources.ts';
import { createSession, type Session } from './session.ts';

let session: Session;
let kube: KubeClient;
const options = { fieldManager: 'test' };
const { content } = await platformObjects();
const packs = content.filter(({ kind }) => kind === 'PersonaPack') as unknown as PersonaPack[];
const samples = (
  await Promise.all(globSync('crds/samples/*.yaml', { cwd: ROOT }).map((file) => documentsOf(join(ROOT, file))))
).flat();

beforeAll(async () => {
  session = await createSession();
  await session.start('--allow-host-commands');
  kube = session.kube();
}, 180_000);
afterAll(() => session.remove(), 60_000);

type Conditioned = KubeObject & { status?: { conditions?: { type: string; status: string; message: string }[] } };

/** `True`, or why not. */
const readiness = (kind: Kind, namespace: string, name: string) => async (): Promise<string> => {
  const { status } = (await kube.get<Conditioned>(KINDS[kind], { namespace, name })) ?? {};
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return ready?.status === 'True' ? 'True' : (ready?.message ?? 'no condition yet');
};

async function aSecret(namespace: string, name: string): Promise<void> {
  const metadata = { name, namespace };
  const data = { KEY: Buffer.from('k').toString('base64') };
  await kube.apply(SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata, data } as KubeObject, options);
}

/** A run of the instance as it stands, with a model that needs no network. */
async function runOnce(namespace: string, instanceRef: string): Promise<string> {
  const spec = {
    instanceRef,
    agentId: 'primary',
    sessionKey: 's',
    task: '[[say: here]]',
    model: { provider: 'scripted', model: 'scripted', authSecretRef: '' },
  };
  const name = `once-${instanceRef}`;
  const metadata = { name, namespace };
  await kube.create(
    KINDS.AgentRun,
    { apiVersion: API_VERSION, kind: 'AgentRun', metadata, spec } as KubeObject,
    options,
  );
  const ended = async () => {
    const { status } = (await kube.get<AgentRun>(KINDS.AgentRun, { namespace, name })) ?? {};
    if (status?.phase === 'Failed') return status.conditions?.[0]?.message;
    return status?.phase === 'Succeeded' ? status.result : undefined;
  };
  await expect.poll(ended, { timeout: 60_000, interval: 300 }).toBeDefined();
  return (await ended()) ?? '';
}

/** Its skill `llmfit` looks at the hardware of the node, which is a person's own machine here. */
const NEEDS_A_NODE = 'platform-team-sre-watchdog';

describe('a started product', () => {
  it.each(packs.map((pack) => [pack.metadata.name, pack] as const))(
    'installs the built-in pack %s once it is enabled, and each of its personas answers',
    async (name, { spec: { personas } }) => {
      const namespace = SYSTEM_NAMESPACE;
      await aSecret(namespace, 'model-key');
      await aSecret(namespace, 'github-gitops-token');
      await kube.json({
        method: 'PATCH',
        path: pathOf(KINDS.PersonaPack, namespace, name),
        body: { spec: { enabled: true, authRefs: [{ provider: 'scripted', secret: 'model-key' }] } },
        contentType: 'application/merge-patch+json',
      });
      await expect.poll(readiness('PersonaPack', namespace, name), { timeout: 30_000 }).toBe('True');
      const labelSelector = `${LABELS.personaPack}=${name}`;
      const { items } = await kube.list<SympoziumInstance>(KINDS.SympoziumInstance, { namespace, labelSelector });
      expect(items).toHaveLength(personas.length);
      for (const { metadata } of items) {
        await expect.poll(readiness('SympoziumInstance', namespace, metadata.name), { timeout: 30_000 }).toBe('True');
        const expected = metadata.name === NEEDS_A_NODE ? 'hostPath volumes are not allowed' : 'here';
        expect(await runOnce(namespace, metadata.name)).toContain(expected);
      }
    },
    180_000,
  );

  it.each(content.filter(({ kind }) => kind === 'SkillPack' || kind === 'SympoziumPolicy'))(
    'has the $kind $metadata.name ready',
    async ({ kind, metadata }) => {
      const ready = readiness(kind as Kind, SYSTEM_NAMESPACE, metadata.name);
      await expect.poll(ready, { timeout: 30_000 }).toBe('True');
    },
  );

  it('takes every sample: those that need nothing of elsewhere are ready, the others say what they wait for', async () => {
    const namespace = 'default';
    for (const name of ['anthropic-key', 'shop-db']) await aSecret(namespace, name);
    const placed = samples.map(
      (object): Manifest => ({
        ...object,
        metadata: { namespace, ...object.metadata },
      }),
    );
    // A run may come before its instance, and is not to fail for it; here it would be judged before it is applied.
    const ordered = placed.toSorted((a, b) => Number(a.kind === 'AgentRun') - Number(b.kind === 'AgentRun'));
    await createApplier(kube, 'test')(ordered);
    const state = (kind: Kind, name: string, at = namespace) =>
      expect.poll(readiness(kind, at, name), { timeout: 30_000, interval: 200 });
    await state('SympoziumPolicy', 'careful').toBe('True');
    await state('SkillPack', 'csv-tools').toBe('True');
    await state('SympoziumInstance', 'analyst').toBe('True');
    await state('PersonaPack', 'shop').toBe('True');
    await state('SympoziumSchedule', 'morning-stock').toBe('True');
    await state('MCPServer', 'shop-database').toMatch(/registry\.example\/mcp-postgres/);
    await state('SympoziumConfig', 'default', SYSTEM_NAMESPACE).toMatch(/Gateway API/);
    for (const name of ['analyst', 'shop-analyst', 'shop-storekeeper']) {
      expect(await runOnce(namespace, name)).toContain('here');
    }
    const phase = async () => (await kube.get<AgentRun>(KINDS.AgentRun, { namespace, name: 'weekly-sales' }))?.status;
    await expect.poll(phase, { timeout: 60_000 }).toMatchObject({ phase: 'Failed' });
    expect((await phase())?.error).toMatch(/fetch/);
  }, 180_000);
});
