import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API_VERSION, KINDS } from '../../crds/group.ts';
import type { SympoziumConfig } from '../../crds/sympoziumconfig.ts';
import type { Gateway } from '../../functions/reconcile-sympoziumconfig/gateway.ts';
import { configReconciler } from '../../functions/reconcile-sympoziumconfig/reconciler.ts';
import { createApplier, established } from '../../infra/local/content/apply.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { GATEWAY_CLASSES, GATEWAYS } from '../../shared/kube/resources.ts';
import { GATEWAY_API } from './foreign-apis.ts';
import { type OwnPasses, ownPasses } from './own-passes.ts';

const NAMESPACE = `configs-${randomUUID().slice(0, 8)}`;
const MANAGER = { fieldManager: 'cluster-test' };
let passes: OwnPasses;

beforeAll(async () => {
  const what = { reconciler: configReconciler, config: {}, functionName: 'reconcile-sympoziumconfig' };
  passes = await ownPasses(what, NAMESPACE, []);
}, 60_000);

afterAll(() => passes.close());

const gatewaySpec = (name: string, rest: object = {}) => ({
  enabled: true,
  name,
  gatewayClassName: `class-${name}`,
  baseDomain: 'agents.example',
  tls: { enabled: true },
  ...rest,
});
const create = (name: string, gateway: object) =>
  passes.admin.create(
    KINDS.SympoziumConfig,
    {
      apiVersion: API_VERSION,
      kind: 'SympoziumConfig',
      metadata: { name, namespace: NAMESPACE },
      spec: { gateway },
    } as KubeObject,
    MANAGER,
  );
const at = (name: string) => ({ resource: KINDS.SympoziumConfig, namespace: NAMESPACE, name });
const change = (name: string, gateway: object) => passes.admin.mergePatch(at(name), { spec: { gateway } }, MANAGER);
const read = (name: string) => passes.admin.get<SympoziumConfig>(KINDS.SympoziumConfig, { namespace: NAMESPACE, name });
const gateway = (name: string) => passes.admin.get<Gateway>(GATEWAYS, { namespace: NAMESPACE, name });
const gatewayClass = (name: string) => passes.admin.get(GATEWAY_CLASSES, { name });
async function program(name: string): Promise<void> {
  const conditions = [{ type: 'Programmed', status: 'True' }];
  const current = (await gateway(name)) as Gateway;
  const metadata = { name, namespace: NAMESPACE };
  const { apiVersion, kind } = current;
  const status = { conditions, addresses: [{ type: 'IPAddress', value: '192.0.2.7' }] };
  await passes.admin.applyStatus(GATEWAYS, { apiVersion, kind, metadata, status } as KubeObject, MANAGER);
}

describe('reconcile-sympoziumconfig on a real API server, under its own role', () => {
  it('says that there is no Gateway API, until there is', async () => {
    await create('early', gatewaySpec('early'));
    if ((await passes.pass('early')).outcome === 'requeueAfter') {
      const [condition] = (await read('early'))?.status?.conditions ?? [];
      expect(condition?.reason).toMatch(/^(GatewayAPIMissing|Pending)$/);
    }
    await createApplier(passes.admin, 'cluster-test')(GATEWAY_API);
    await established(passes.admin, GATEWAY_API);
    await passes.pass('early');
    expect((await read('early'))?.status?.phase).toBe('Pending');
  });

  it('ends in the same state when passes are killed anywhere in fifty lives [CTL-138] [CTL-139] [CTL-WG1]', async () => {
    for (let life = 0; life < 50; life += 1) {
      const name = `cut-${life}`;
      const other = `${name}-new`;
      await create(name, gatewaySpec(name));
      await passes.pass(name, life % 5);
      await passes.pass(name);
      await program(name);
      await passes.settle(name);
      expect((await read(name))?.status).toMatchObject({ phase: 'Ready', gateway: { ready: true, listenerCount: 2 } });
      await change(name, gatewaySpec(other, { tls: { enabled: false } }));
      await passes.pass(name, (life * 3) % 6);
      await passes.pass(name);
      await program(other);
      await passes.settle(name);
      expect([await gateway(name), await gatewayClass(`class-${name}`)]).toEqual([undefined, undefined]);
      expect((await gateway(other))?.spec.listeners).toHaveLength(1);
      if (life % 2 === 0) {
        await change(name, { enabled: false });
        await passes.pass(name, life % 3);
        await passes.settle(name);
        expect((await read(name))?.status?.phase).toBe('Disabled');
      }
      await passes.admin.remove(at(name));
      await passes.pass(name, (life * 5) % 3);
      await passes.settle(name);
      const left = [await read(name), await gateway(other), await gatewayClass(`class-${other}`)];
      expect(left).toEqual([undefined, undefined, undefined]);
    }
  }, 240_000);
});
