import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { API_VERSION, KINDS } from '../../crds/group.ts';
import { type SympoziumPolicy, SympoziumPolicySpecSchema } from '../../crds/sympoziumpolicy.ts';
import type { Observed } from '../../functions/reconcile-sympoziumpolicy/observed.ts';
import { policyReconciler } from '../../functions/reconcile-sympoziumpolicy/reconciler.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { checkReconciler, type Scenario } from './harness.ts';
import type { World } from './world/world.ts';

const KEY = { namespace: 'team', name: 'pol' };

type Move =
  | { what: 'spec'; maxCPU: string; action: string; gate: boolean; denyAll: boolean }
  | { what: 'instance'; name: string; policyRef: string | undefined }
  | { what: 'instanceGone'; name: string }
  | { what: 'deleted' };

const name = fc.constantFrom('one', 'two', 'three');
const move: fc.Arbitrary<Move> = fc.oneof(
  fc.record({
    what: fc.constant('spec' as const),
    maxCPU: fc.constantFrom('', '2', 'lots'),
    action: fc.constantFrom('allow', 'deny', 'ask', 'maybe'),
    gate: fc.boolean(),
    denyAll: fc.boolean(),
  }),
  fc.record({ what: fc.constant('instance' as const), name, policyRef: fc.constantFrom('pol', 'other', undefined) }),
  fc.record({ what: fc.constant('instanceGone' as const), name }),
  fc.constant<Move>({ what: 'deleted' }),
);

const read = ({ store }: World) =>
  store.get(KINDS.SympoziumPolicy, KEY.namespace, KEY.name) as SympoziumPolicy | undefined;
const specOf = (spec: Parameters<typeof SympoziumPolicySpecSchema.parse>[0]) => SympoziumPolicySpecSchema.parse(spec);

function play({ store }: World, one: Move): void {
  const policy = store.get(KINDS.SympoziumPolicy, KEY.namespace, KEY.name);
  switch (one.what) {
    case 'spec': {
      if (policy === undefined) return;
      const spec = specOf({
        sandboxPolicy: { required: false, maxCPU: one.maxCPU },
        toolGating: { rules: [{ tool: 'fetch_url', action: one.action }] },
        featureGates: { 'sub-agents': one.gate },
        networkPolicy: { denyAll: one.denyAll },
      });
      store.update(KINDS.SympoziumPolicy, policy, { ...policy, spec } as KubeObject);
      return;
    }
    case 'instance': {
      const current = store.get(KINDS.SympoziumInstance, KEY.namespace, one.name);
      const metadata = { name: one.name, namespace: KEY.namespace };
      const spec = { policyRef: one.policyRef };
      if (current !== undefined) store.update(KINDS.SympoziumInstance, current, { ...current, spec } as KubeObject);
      else {
        const object = { apiVersion: API_VERSION, kind: 'SympoziumInstance', metadata, spec };
        store.create(KINDS.SympoziumInstance, object as KubeObject);
      }
      return;
    }
    case 'instanceGone': {
      const current = store.get(KINDS.SympoziumInstance, KEY.namespace, one.name);
      if (current !== undefined) store.remove(KINDS.SympoziumInstance, current);
      return;
    }
    case 'deleted':
      if (policy !== undefined) store.remove(KINDS.SympoziumPolicy, policy);
  }
}

const scenario: Scenario<Observed, object, Move> = {
  reconciler: policyReconciler,
  config: {},
  key: KEY,
  populate: ({ store }) => {
    const object = { apiVersion: API_VERSION, kind: 'SympoziumPolicy', metadata: { ...KEY }, spec: specOf({}) };
    store.create(KINDS.SympoziumPolicy, object as KubeObject);
  },
  move,
  play,
  calm: () => {},
  check: () => {},
  checkEnd: (world) => {
    const policy = read(world);
    if (policy === undefined) return;
    const bound = world.store
      .all(KINDS.SympoziumInstance)
      .filter(({ object }) => (object as KubeObject & { spec: { policyRef?: string } }).spec.policyRef === KEY.name);
    expect(policy.status?.boundInstances ?? 0).toBe(bound.length);
    expect(policy.status).toMatchObject({
      observedGeneration: policy.metadata.generation,
      effective: expect.anything(),
    });
  },
};

it('the SympoziumPolicy reconciler settles, replays, survives a cut after every write and is polite in all worlds [CTL-126] [CTL-WA10]', {
  timeout: 120_000,
}, async () => {
  await checkReconciler(scenario, { worlds: 1000 });
});
