import { describe, expect, it } from 'vitest';
import { LABELS } from '../../../crds/labels.ts';
import { type SympoziumPolicy, SympoziumPolicySchema } from '../../../crds/sympoziumpolicy.ts';
import type { NetworkPolicy } from '../../../shared/kube/network-policy.ts';
import type { Job } from '../../../shared/pods/job.ts';
import { anAgentRun, anInstance, aStarting, CONFIG, later } from '../fixtures.ts';
import type { Starting } from '../observed.ts';
import { begin } from '../start/start.ts';

const policy = (networkPolicy: object): SympoziumPolicy =>
  SympoziumPolicySchema.parse({
    apiVersion: 'sympozium.ai/v1alpha1',
    kind: 'SympoziumPolicy',
    metadata: { name: 'p', namespace: 'team' },
    spec: { networkPolicy },
  });

function objects(parts: Partial<Omit<Starting, 'stage'>>) {
  const beginning = begin(aStarting({ instance: anInstance({ policyRef: 'p' }), ...parts }), later(60), CONFIG);
  if (beginning.kind !== 'begin') throw new Error(`The run does not begin: ${beginning.kind}`);
  const made = beginning.actions.flatMap((action) => ('object' in action ? [action.object] : []));
  return {
    kinds: made.map(({ kind }) => kind),
    network: made.find(({ kind }) => kind === 'NetworkPolicy') as NetworkPolicy | undefined,
    job: made.find(({ kind }) => kind === 'Job') as Job,
  };
}

/** What a run may reach, in short: `<who>:<ports>`. */
function reach(network: NetworkPolicy | undefined): string[] {
  return (network?.spec.egress ?? []).map(({ to, ports = [] }) => {
    const [peer] = to;
    const who = peer?.ipBlock?.cidr ?? peer?.namespaceSelector?.matchLabels['kubernetes.io/metadata.name'];
    return `${who}:${ports.map(({ port }) => port).join(',')}`;
  });
}

const DNS = 'kube-system:53,53';
const BUS = 'sympozium-system:4222';
const MODEL = '0.0.0.0/0:443';

describe('the network of a run', () => {
  it('is closed before its pod is made, but for names, the bus and its model [CTL-WN1] [RUN-W18]', () => {
    const { kinds, network } = objects({ policy: policy({}) });
    expect(kinds.indexOf('NetworkPolicy')).toBeLessThan(kinds.indexOf('Job'));
    expect(network?.spec.policyTypes).toEqual(['Ingress', 'Egress']);
    expect(reach(network)).toEqual([DNS, BUS, MODEL]);
    expect(network?.metadata.ownerReferences).toMatchObject([{ kind: 'AgentRun', uid: 'uid-run' }]);
  });

  it('is closed by a policy that selects its pod and no other, and that no general one adds to [CTL-WN1] [CTL-WN2]', () => {
    const { network, job } = objects({ policy: policy({}) });
    const labels = job.spec.template.metadata.labels ?? {};
    expect(labels).toMatchObject(network?.spec.podSelector.matchLabels ?? { none: '' });
    expect(network?.spec.podSelector.matchLabels[LABELS.agentRun]).toBe('run-1');
    // The general policy leaves out pods with this label.
    expect(labels[LABELS.network]).toBe('policy');
  });

  it.each([
    { what: 'no names', allowed: { allowDNS: false }, expected: [BUS, MODEL] },
    { what: 'no bus', allowed: { allowEventBus: false }, expected: [DNS, MODEL] },
    {
      what: 'one host more',
      allowed: { allowedEgress: [{ host: '192.0.2.7', port: 5432 }] },
      expected: [DNS, BUS, MODEL, '192.0.2.7/32:5432'],
    },
  ])('has $what where the policy says so [CTL-WX3]', ({ allowed, expected }) => {
    expect(reach(objects({ policy: policy(allowed) }).network)).toEqual(expected);
  });

  it('has the address of a model on own hardware instead of those of the world', () => {
    const model = { provider: 'ollama', model: 'm', authSecretRef: '', baseURL: 'http://llm.models.svc:11434/v1' };
    const primary = anAgentRun({ spec: { model } });
    expect(reach(objects({ primary, policy: policy({}) }).network)).toEqual([DNS, BUS, 'models:11434']);
  });

  it('has the MCP servers and the telemetry that its instance names', () => {
    const instance = anInstance({
      policyRef: 'p',
      mcpServers: [{ name: 'm', url: 'http://tools.mcp.svc:9000/mcp', timeout: 30 }],
      observability: { enabled: true, otlpEndpoint: 'otel.monitoring.svc:4317' },
    } as never);
    const seen = reach(objects({ instance, policy: policy({}) }).network);
    expect(seen).toEqual(expect.arrayContaining(['mcp:9000', 'monitoring:4317']));
  });

  it.each([
    { when: 'there is no policy', bound: undefined },
    { when: 'its policy says nothing of it', bound: SympoziumPolicySchema.parse({ ...policy({}), spec: {} }) },
    { when: 'its policy leaves it open', bound: policy({ denyAll: false }) },
  ])('is that of all runs when $when', ({ bound }) => {
    const { network, job } = objects({
      policy: bound,
      ...(bound === undefined && { instance: anInstance() }),
    });
    expect(network).toBeUndefined();
    expect(job.spec.template.metadata.labels).toMatchObject({ [LABELS.role]: 'agent' });
    expect(job.spec.template.metadata.labels).not.toHaveProperty([LABELS.network]);
  });
});
