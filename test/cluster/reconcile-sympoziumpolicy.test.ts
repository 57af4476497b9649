import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API_VERSION, KINDS, type Kind } from '../../crds/group.ts';
import type { SympoziumPolicy } from '../../crds/sympoziumpolicy.ts';
import { policyReconciler } from '../../functions/reconcile-sympoziumpolicy/reconciler.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { type OwnPasses, ownPasses } from './own-passes.ts';

const NAMESPACE = `policies-${randomUUID().slice(0, 8)}`;
const MANAGER = { fieldManager: 'cluster-test' };
let passes: OwnPasses;

beforeAll(async () => {
  const what = { reconciler: policyReconciler, config: {}, functionName: 'reconcile-sympoziumpolicy' };
  passes = await ownPasses(what, NAMESPACE, []);
}, 60_000);

afterAll(() => passes.close());

const create = (kind: Kind, name: string, spec: object) =>
  passes.admin.create(
    KINDS[kind],
    { apiVersion: API_VERSION, kind, metadata: { name, namespace: NAMESPACE }, spec } as KubeObject,
    MANAGER,
  );
const instance = (name: string, policyRef: string) =>
  create('SympoziumInstance', name, { agents: { default: { model: 'small' } }, policyRef });
const read = (name: string) => passes.admin.get<SympoziumPolicy>(KINDS.SympoziumPolicy, { namespace: NAMESPACE, name });

describe('reconcile-sympoziumpolicy on a real API server, under its own role', () => {
  it('counts who is bound in fifty lives, killed or not, and writes nothing about what has not changed [CTL-126] [CTL-WA10]', async () => {
    for (let life = 0; life < 50; life += 1) {
      const name = `pol-${life}`;
      await create('SympoziumPolicy', name, { subagentPolicy: { maxDepth: life } });
      const bound = life % 3;
      for (let one = 0; one < bound; one += 1) await instance(`${name}-${one}`, name);
      await passes.pass(name, life % 2);
      await passes.settle(name);
      expect((await read(name))?.status).toMatchObject({
        ...(bound > 0 && { boundInstances: bound }),
        effective: { maxDepth: life, maxConcurrent: 5 },
        conditions: [{ type: 'Ready', status: 'True', reason: 'Enforced' }],
      });
      await instance(`${name}-more`, name);
      await passes.settle(name);
      expect((await read(name))?.status?.boundInstances).toBe(bound + 1);
      const before = passes.writes();
      expect(await passes.pass(name)).toEqual({ outcome: 'settled' });
      expect(passes.writes()).toBe(before);
    }
  }, 240_000);
});
