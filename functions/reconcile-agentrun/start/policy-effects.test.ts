import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { AgentRunSpec } from '../../../crds/agentrun.ts';
import { SympoziumPolicySchema, SympoziumPolicySpecSchema } from '../../../crds/sympoziumpolicy.ts';
import { anAgentRun, anInstance, aPack, aStarting, CONFIG, later } from '../fixtures.ts';
import type { Starting } from '../observed.ts';
import { begin, buildOf } from './start.ts';

/** What a run comes to under a policy: why it is refused, or what it resolved to and the objects that are made for it. */
function outcome(spec: object, parts: Partial<Omit<Starting, 'stage'>>): unknown {
  const metadata = { name: 'p', namespace: 'team' };
  const policy = SympoziumPolicySchema.parse({
    apiVersion: 'sympozium.ai/v1alpha1',
    kind: 'SympoziumPolicy',
    metadata,
    spec,
  });
  const seen = aStarting({ instance: anInstance({ policyRef: 'p' }), ...parts, policy });
  const beginning = begin(seen, later(60), CONFIG);
  return beginning.kind === 'failed' ? beginning : { resolution: buildOf(seen, CONFIG)?.resolution, beginning };
}

interface Effect {
  /** Two policies that differ in the field alone. */
  without: object;
  having: object;
  /** A run that the field is about. */
  parts?: Partial<Omit<Starting, 'stage'>>;
  /** What the second policy leads to and the first does not. */
  shows: string;
}

const run = (spec: Partial<AgentRunSpec>) => ({ primary: anAgentRun({ spec }) });
const boxed = { sandbox: { enabled: true } };
const box = (fields: object) => ({ sandboxPolicy: { required: false, ...fields } });
const agentBox = (fields: object) => box({ agentSandboxPolicy: { required: false, ...fields } });
const tooled = run({ toolPolicy: { allow: ['fetch_url'] } });
const skilled = (sidecar: object) => ({
  ...run({ skills: [{ skillPackRef: 'ops' }] }),
  packs: { ops: aPack('ops', sidecar) },
});
const child = run({ parent: { runName: 'boss', sessionKey: '', spawnDepth: 5 } });

const EFFECTS: Readonly<Record<string, Effect>> = {
  'sandboxPolicy.required': { without: box({}), having: box({ required: true }), shows: 'sandbox is required' },
  'sandboxPolicy.defaultImage': {
    without: box({}),
    having: box({ defaultImage: 'box:7' }),
    parts: run(boxed),
    shows: '"image":"box:7"',
  },
  'sandboxPolicy.maxCPU': {
    without: box({}),
    having: box({ maxCPU: '20m' }),
    parts: run(boxed),
    shows: '"requests":{"cpu":"20m"',
  },
  'sandboxPolicy.maxMemory': {
    without: box({}),
    having: box({ maxMemory: '32Mi' }),
    parts: run(boxed),
    shows: '"memory":"32Mi"',
  },
  'sandboxPolicy.allowHostMounts': {
    without: box({ allowHostMounts: true }),
    having: box({ allowHostMounts: false }),
    parts: skilled({
      hostAccess: { enabled: true, mounts: [{ hostPath: '/proc', mountPath: '/host', readOnly: true }] },
    }),
    shows: 'which the policy does not allow',
  },
  'sandboxPolicy.allowClusterRBAC': {
    without: box({ allowHostMounts: true }),
    having: box({ allowHostMounts: true, allowClusterRBAC: false }),
    parts: skilled({ clusterRBAC: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] }),
    shows: 'rights in the whole cluster',
  },
  'sandboxPolicy.seccompProfile.type': {
    without: box({}),
    having: box({ seccompProfile: { type: 'Unconfined' } }),
    shows: '"seccompProfile":{"type":"Unconfined"}',
  },
  'sandboxPolicy.agentSandboxPolicy.required': {
    without: agentBox({}),
    having: agentBox({ required: true }),
    shows: 'agent-sandbox mode is required',
  },
  'sandboxPolicy.agentSandboxPolicy.defaultRuntimeClass': {
    without: agentBox({}),
    having: agentBox({ defaultRuntimeClass: 'gvisor' }),
    shows: '"runtimeClass":"gvisor"',
  },
  'sandboxPolicy.agentSandboxPolicy.allowedRuntimeClasses': {
    without: agentBox({}),
    having: agentBox({ allowedRuntimeClasses: ['gvisor'] }),
    parts: run({ agentSandbox: { enabled: true, runtimeClass: 'kata' } }),
    shows: 'runtime class \\"kata\\" is not allowed',
  },
  'subagentPolicy.maxDepth': {
    without: { subagentPolicy: { maxDepth: 9 } },
    having: { subagentPolicy: { maxDepth: 2 } },
    parts: child,
    shows: 'sub-agent depth 5 exceeds max 2',
  },
  'subagentPolicy.maxConcurrent': {
    without: { subagentPolicy: { maxConcurrent: 4 } },
    having: { subagentPolicy: { maxConcurrent: 2 } },
    shows: '"limits":[{"max":2',
  },
  'toolGating.defaultAction': {
    without: { toolGating: { defaultAction: 'allow' } },
    having: { toolGating: { defaultAction: 'deny' } },
    parts: tooled,
    shows: 'tool \\"fetch_url\\" is denied',
  },
  'toolGating.rules.tool': {
    without: { toolGating: { rules: [{ tool: 'write_file', action: 'deny' }] } },
    having: { toolGating: { rules: [{ tool: 'fetch_url', action: 'deny' }] } },
    parts: tooled,
    shows: 'tool \\"fetch_url\\" is denied',
  },
  'toolGating.rules.action': {
    without: { toolGating: { rules: [{ tool: 'fetch_url', action: 'allow' }] } },
    having: { toolGating: { rules: [{ tool: 'fetch_url', action: 'ask' }] } },
    shows: '"deny":["fetch_url"]',
  },
  featureGates: {
    without: { featureGates: { 'sub-agents': true } },
    having: { featureGates: { 'sub-agents': false } },
    parts: child,
    shows: "feature gate 'sub-agents' is disabled",
  },
  'retryPolicy.infrastructureFailures': {
    without: { retryPolicy: {} },
    having: { retryPolicy: { infrastructureFailures: 2 } },
    shows: '"retries":2',
  },
  'networkPolicy.denyAll': {
    without: { networkPolicy: { denyAll: false } },
    having: { networkPolicy: { denyAll: true } },
    shows: '"kind":"NetworkPolicy"',
  },
  'networkPolicy.allowDNS': {
    without: { networkPolicy: { allowDNS: false } },
    having: { networkPolicy: { allowDNS: true } },
    shows: '"kube-dns"',
  },
  'networkPolicy.allowEventBus': {
    without: { networkPolicy: { allowEventBus: false } },
    having: { networkPolicy: { allowEventBus: true } },
    shows: '"ports":[{"port":4222',
  },
  'networkPolicy.allowedEgress.host': {
    without: { networkPolicy: { allowedEgress: [{ host: '192.0.2.1' }] } },
    having: { networkPolicy: { allowedEgress: [{ host: '192.0.2.2' }] } },
    shows: '192.0.2.2/32',
  },
  'networkPolicy.allowedEgress.port': {
    without: { networkPolicy: { allowedEgress: [{ host: '192.0.2.1' }] } },
    having: { networkPolicy: { allowedEgress: [{ host: '192.0.2.1', port: 5432 }] } },
    shows: '"ports":[{"port":5432',
  },
};

interface Schema {
  properties?: Record<string, Schema>;
  items?: Schema;
}

/** Every field that holds a value, lists and maps by what they hold. */
function leaves({ properties, items }: Schema, path: string[] = []): string[] {
  if (items !== undefined) return leaves(items, path);
  if (properties === undefined) return [path.join('.')];
  return Object.entries(properties).flatMap(([name, schema]) => leaves(schema, [...path, name]));
}

describe('a SympoziumPolicy', () => {
  it('has no field without an effect that is shown here [CTL-WX3] [CTL-WA2]', () => {
    const schema = z.toJSONSchema(SympoziumPolicySpecSchema, { io: 'input', unrepresentable: 'any' }) as Schema;
    expect(Object.keys(EFFECTS).sort()).toEqual(leaves(schema).sort());
  });

  it.each(Object.entries(EFFECTS))('decides over a run by %s [CTL-WX3]', (_, { without, having, parts, shows }) => {
    expect(JSON.stringify(outcome(having, parts ?? {}))).toContain(shows);
    expect(JSON.stringify(outcome(without, parts ?? {}))).not.toContain(shows);
  });
});
