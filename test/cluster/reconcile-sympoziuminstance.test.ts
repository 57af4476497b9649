import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API_VERSION, KINDS } from '../../crds/group.ts';
import { LABELS } from '../../crds/labels.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import { loadInstanceConfig } from '../../functions/reconcile-sympoziuminstance/config.ts';
import { instanceReconciler } from '../../functions/reconcile-sympoziuminstance/reconciler.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { CONFIG_MAPS, DEPLOYMENTS, type Resource } from '../../shared/kube/resources.ts';
import { type OwnPasses, ownPasses } from './own-passes.ts';

const NAMESPACE = `instances-${randomUUID().slice(0, 8)}`;
const MANAGER = { fieldManager: 'cluster-test' };
let passes: OwnPasses;

beforeAll(async () => {
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'tg', namespace: NAMESPACE } };
  const what = {
    reconciler: instanceReconciler,
    config: loadInstanceConfig({}),
    functionName: 'reconcile-sympoziuminstance',
  };
  passes = await ownPasses(what, NAMESPACE, [secret]);
}, 60_000);

afterAll(() => passes.close());

const spec = (channels: string[], rest: object = {}) => ({
  agents: { default: { model: 'small' } },
  channels: channels.map((type) => ({ type, ...(type === 'telegram' && { configRef: { secret: 'tg' } }) })),
  ...rest,
});
const create = (name: string, of: object) =>
  passes.admin.create(
    KINDS.SympoziumInstance,
    {
      apiVersion: API_VERSION,
      kind: 'SympoziumInstance',
      metadata: { name, namespace: NAMESPACE },
      spec: of,
    } as KubeObject,
    MANAGER,
  );
const change = (name: string, of: object) =>
  passes.admin.mergePatch({ resource: KINDS.SympoziumInstance, namespace: NAMESPACE, name }, { spec: of }, MANAGER);
const read = (name: string) =>
  passes.admin.get<SympoziumInstance>(KINDS.SympoziumInstance, { namespace: NAMESPACE, name });
const find = (resource: Resource, name: string) => passes.admin.get(resource, { namespace: NAMESPACE, name });
const channelsOf = async (instance: string) => {
  const labelSelector = `${LABELS.instance}=${instance}`;
  const { items } = await passes.admin.list(DEPLOYMENTS, { namespace: NAMESPACE, labelSelector });
  return items.map(({ metadata }) => metadata.name).sort();
};

describe('reconcile-sympoziuminstance on a real API server, under its own role', () => {
  it('makes channels, memory and web endpoint, and then leaves them alone', async () => {
    await create('whole', spec(['telegram', 'whatsapp'], { memory: {}, skills: [{ skillPackRef: 'web-endpoint' }] }));
    await passes.settle('whole');
    expect(await channelsOf('whole')).toEqual(['whole-channel-telegram', 'whole-channel-whatsapp']);
    expect(await find(CONFIG_MAPS, 'whole-memory')).toBeDefined();
    expect(await find(KINDS.AgentRun, 'whole-web-endpoint')).toBeDefined();
    expect((await read('whole'))?.status?.conditions).toMatchObject([{ type: 'Ready', status: 'True' }]);
    const before = passes.writes();
    expect(await passes.pass('whole')).toEqual({ outcome: 'settled' });
    expect(passes.writes()).toBe(before);
  });

  it('ends in the same state when passes are killed anywhere in fifty lives', async () => {
    for (let life = 0; life < 50; life += 1) {
      const name = `cut-${life}`;
      await create(name, spec(['telegram', 'whatsapp'], { memory: {}, skills: [{ skillPackRef: 'web-endpoint' }] }));
      await passes.pass(name, life % 8);
      await passes.settle(name);
      await change(name, spec(['discord', 'telegram'], { skills: null }));
      await passes.pass(name, (life * 3) % 7);
      await passes.settle(name);
      expect(await channelsOf(name)).toEqual([`${name}-channel-discord`, `${name}-channel-telegram`]);
      expect(await find(KINDS.AgentRun, `${name}-web-endpoint`)).toBeUndefined();
      await passes.admin.remove({ resource: KINDS.SympoziumInstance, namespace: NAMESPACE, name });
      await passes.pass(name, (life * 5) % 6);
      await passes.settle(name);
      expect(await read(name)).toBeUndefined();
      expect(await channelsOf(name)).toEqual([]);
      expect(await find(CONFIG_MAPS, `${name}-memory`)).toBeUndefined();
    }
  }, 240_000);
});
