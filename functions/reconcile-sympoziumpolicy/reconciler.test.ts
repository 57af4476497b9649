import { beforeEach, describe, expect, it } from 'vitest';
import { API_VERSION, KINDS } from '../../crds/group.ts';
import {
  type SympoziumPolicy,
  type SympoziumPolicyInput,
  SympoziumPolicySpecSchema,
} from '../../crds/sympoziumpolicy.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { reconcile } from '../../shared/reconcile/pass.ts';
import { createWorld, type World } from '../../test/property/world/world.ts';
import { policyReconciler } from './reconciler.ts';

const KEY = { namespace: 'team', name: 'careful' };
let world: World;

beforeEach(() => {
  world = createWorld();
});

type Spec = NonNullable<SympoziumPolicyInput['spec']>;

function create(spec: Spec = {}): void {
  const object = { apiVersion: API_VERSION, kind: 'SympoziumPolicy', metadata: { ...KEY } };
  world.store.create(KINDS.SympoziumPolicy, { ...object, spec: SympoziumPolicySpecSchema.parse(spec) } as KubeObject);
}
function instance(name: string, policyRef?: string, namespace = KEY.namespace): KubeObject {
  const object = { apiVersion: API_VERSION, kind: 'SympoziumInstance', metadata: { name, namespace } };
  return world.store.create(KINDS.SympoziumInstance, { ...object, spec: { policyRef } } as KubeObject);
}
const pass = () =>
  reconcile(
    policyReconciler,
    KEY,
    { ...world, config: {}, now: world.clock.now, report: () => {} },
    new AbortController().signal,
  );
const read = () => world.store.get(KINDS.SympoziumPolicy, KEY.namespace, KEY.name) as SympoziumPolicy;
const ready = () => read().status?.conditions?.find(({ type }) => type === 'Ready');

describe('a SympoziumPolicy', () => {
  it('counts the instances of its namespace that name it, as they come, change and go [CTL-126] [CTL-WA10]', async () => {
    create();
    instance('one', 'careful');
    const two = instance('two', 'careful');
    instance('three', 'other');
    instance('far', 'careful', 'elsewhere');
    expect(await pass()).toEqual({ outcome: 'settled' });
    expect(read().status?.boundInstances).toBe(2);
    const four = instance('four', 'careful');
    await pass();
    expect(read().status?.boundInstances).toBe(3);
    world.store.remove(KINDS.SympoziumInstance, two);
    world.store.update(KINDS.SympoziumInstance, four, { ...four, spec: { policyRef: 'other' } } as KubeObject);
    await pass();
    expect(read().status?.boundInstances).toBe(1);
  });

  it('shows what it comes down to: defaults, rules and gates taken together [CTL-WX3]', async () => {
    create({
      sandboxPolicy: { required: true, maxCPU: '2', maxMemory: '4Gi' },
      subagentPolicy: {},
      toolGating: {
        defaultAction: 'deny',
        rules: [
          { tool: 'read_file', action: 'allow' },
          { tool: 'execute_command', action: 'ask' },
        ],
      },
      featureGates: { 'browser-automation': false, 'code-execution': true },
      networkPolicy: { allowedEgress: [{ host: 'api.example', port: 443 }, { host: 'docs.example' }] },
    });
    await pass();
    expect(read().status?.effective).toEqual({
      sandbox: 'Required',
      hostAccess: false,
      clusterRBAC: true,
      maxCPU: '2',
      maxMemory: '4Gi',
      maxDepth: 3,
      maxConcurrent: 5,
      allowedTools: ['read_file'],
      deniedTools: ['execute_command', 'fetch_url'],
      closedGates: ['browser-automation'],
      egress: ['DNS', 'EventBus', 'api.example:443', 'docs.example'],
    });
    expect(ready()).toMatchObject({ status: 'True', reason: 'Enforced' });
  });

  it('bounds nothing when it says nothing', async () => {
    create();
    await pass();
    expect(read().status?.effective).toEqual({ sandbox: 'Optional', hostAccess: true, clusterRBAC: true });
  });

  it.each<[Spec, string]>([
    [{ sandboxPolicy: { required: false, maxCPU: 'lots' } }, '`sandboxPolicy.maxCPU` must be a quantity'],
    [{ sandboxPolicy: { required: false, maxMemory: '1 GB' } }, '`sandboxPolicy.maxMemory` must be a quantity'],
    [
      { sandboxPolicy: { required: false, seccompProfile: { type: 'Default' } } },
      'seccompProfile.type` must be one of',
    ],
    [
      {
        sandboxPolicy: {
          required: false,
          agentSandboxPolicy: { required: true, defaultRuntimeClass: 'runc', allowedRuntimeClasses: ['kata'] },
        },
      },
      '`sandboxPolicy.agentSandboxPolicy.defaultRuntimeClass` must be one of',
    ],
    [
      { toolGating: { defaultAction: 'maybe' } },
      '`toolGating.defaultAction` must be one of allow, deny, ask, not "maybe"',
    ],
    [{ toolGating: { rules: [{ tool: 'a', action: 'Deny' }] } }, '`toolGating.rules[0].action` must be one of'],
    [
      { toolGating: { rules: ['allow', 'deny'].map((action) => ({ tool: 'a', action })) } },
      'must not say two things about "a"',
    ],
    [{ subagentPolicy: { maxDepth: -1 } }, '`subagentPolicy.maxDepth` must not be negative'],
    [{ subagentPolicy: { maxConcurrent: -1 } }, '`subagentPolicy.maxConcurrent` must not be negative'],
    [{ networkPolicy: { allowedEgress: [{ host: '' }] } }, 'allowedEgress[0].host` must not be empty'],
    [{ networkPolicy: { allowedEgress: [{ host: 'a', port: 70_000 }] } }, 'allowedEgress[0].port` must be from 1'],
  ])('says which field of %j cannot be understood, and what to write [CTL-WX3]', async (spec, message) => {
    create(spec);
    await pass();
    expect(ready()).toMatchObject({
      status: 'False',
      reason: 'InvalidPolicy',
      message: expect.stringContaining(message),
    });
  });

  it('says which fields do nothing [CTL-WX3]', async () => {
    create({ featureGates: { teleport: false }, networkPolicy: { denyAll: false, allowedEgress: [{ host: 'a' }] } });
    await pass();
    expect(ready()).toMatchObject({ status: 'True', reason: 'Enforced' });
    expect(ready()?.message).toMatch(/featureGates\.teleport` does nothing.*allowedEgress` does nothing/);
  });

  it('is left alone while it is going', async () => {
    create();
    const held = { ...read(), metadata: { ...read().metadata, finalizers: ['example.dev/hold'] } };
    world.store.update(KINDS.SympoziumPolicy, read(), held);
    world.store.remove(KINDS.SympoziumPolicy, read());
    expect(await pass()).toEqual({ outcome: 'settled' });
    expect(world.interrupt.writes()).toEqual([]);
  });
});
