import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AgentRunSpec } from '../../crds/agentrun.ts';
import type { SkillPack, SkillSidecar } from '../../crds/skillpack.ts';
import { type SympoziumPolicy, SympoziumPolicySpecSchema } from '../../crds/sympoziumpolicy.ts';
import { explain } from './denial.ts';
import { judgeRun } from './judge-run.ts';

type PolicySpec = Parameters<typeof SympoziumPolicySpecSchema.parse>[0];

function aPolicy(spec: PolicySpec): SympoziumPolicy {
  return {
    apiVersion: 'sympozium.ai/v1alpha1',
    kind: 'SympoziumPolicy',
    metadata: { name: 'strict', namespace: 'team' },
    spec: SympoziumPolicySpecSchema.parse(spec),
  };
}

function aSpec(spec: Partial<AgentRunSpec> = {}): AgentRunSpec {
  return {
    instanceRef: 'inst',
    agentId: '',
    sessionKey: '',
    task: 'Count.',
    cleanup: 'delete',
    mode: 'task',
    model: { provider: 'p', model: 'm', authSecretRef: '' },
    ...spec,
  };
}

const found = (spec: Partial<AgentRunSpec>, policy: PolicySpec, packs: SkillPack[] = []) =>
  judgeRun({ spec: aSpec(spec), packs }, [aPolicy(policy)]);
const messages = (spec: Partial<AgentRunSpec>, policy: PolicySpec) => found(spec, policy).map(({ message }) => message);

const aPackWith = (sidecar: Partial<SkillSidecar>): SkillPack => ({
  apiVersion: 'sympozium.ai/v1alpha1',
  kind: 'SkillPack',
  metadata: { name: 'ops' },
  spec: { skills: [], sidecar: { image: 'x', mountWorkspace: true, ...sidecar } },
});

const parent = (spawnDepth: number) => ({ parent: { runName: 'p', sessionKey: 's', spawnDepth } });
const limits = (cpu: string, memory = '1Mi') => ({
  sandbox: { enabled: true, resources: { limits: { cpu, memory } } },
});
const CLASSES = { required: true, allowedRuntimeClasses: ['gvisor', 'kata'] };
const agentSandbox = { agentSandbox: { enabled: true } };
const sandbox = { sandbox: { enabled: true } };

describe('judgeRun', () => {
  it('allows every run when no policy is bound, or one that asks for nothing [CTL-114]', () => {
    const run = { ...sandbox, ...parent(9), toolPolicy: { allow: ['fetch_url'] } };
    expect(judgeRun({ spec: aSpec(run) }, [])).toEqual([]);
    expect(messages(run, {})).toEqual([]);
  });

  it('denies a run without a sandbox, or with one that is off, when one is required [CTL-116]', () => {
    const required = { sandboxPolicy: { required: true } };
    expect(messages({}, required)).toEqual(['sandbox is required by policy']);
    expect(messages({ sandbox: { enabled: false } }, required)).toEqual(['sandbox is required by policy']);
    expect(messages(sandbox, required)).toEqual([]);
    expect(messages({}, { sandboxPolicy: { required: false } })).toEqual([]);
  });

  it('is satisfied by an agent-sandbox where both kinds are required [CTL-WA8]', () => {
    const both = { sandboxPolicy: { required: true, agentSandboxPolicy: CLASSES } };
    expect(messages(agentSandbox, both)).toEqual([]);
    expect(messages(sandbox, both)).toEqual(['agent-sandbox mode is required by policy']);
  });

  it('compares what a sandbox asks for with the maxima, and says when one cannot be read [CTL-WA2] [CTL-WA8]', () => {
    const maxima = { sandboxPolicy: { required: false, maxCPU: '500m', maxMemory: '1Gi' } };
    expect(messages(limits('0.5', '1073741824'), maxima)).toEqual([]);
    expect(messages(limits('501m', '1025Mi'), maxima)).toEqual([
      'cpu 501m exceeds maximum 500m',
      'memory 1025Mi exceeds maximum 1Gi',
    ]);
    expect(messages({ agentSandbox: { enabled: true, resources: { requests: { cpu: '2' } } } }, maxima)).toEqual([
      'cpu 2 exceeds maximum 500m',
    ]);
    const unreadable = { sandboxPolicy: { required: false, maxCPU: 'lots' } };
    expect(messages(limits('1'), unreadable)).toEqual(['"lots" is not a quantity']);
    expect(messages(sandbox, unreadable)).toEqual([]);
    expect(messages(limits('some'), maxima)).toEqual(['"some" is not a quantity']);
  });

  it.each([
    { maxDepth: 2, spawnDepth: 1, denied: false },
    { maxDepth: 2, spawnDepth: 2, denied: true },
    { maxDepth: 2, spawnDepth: 7, denied: true },
    { maxDepth: 0, spawnDepth: 1, denied: true },
  ])('at most depth $maxDepth: a run at depth $spawnDepth is denied: $denied [CTL-117] [CTL-WA6]', (row) => {
    const { maxDepth, spawnDepth, denied } = row;
    const expected = denied ? [`sub-agent depth ${spawnDepth} exceeds max ${maxDepth}`] : [];
    expect(messages(parent(spawnDepth), { subagentPolicy: { maxDepth } })).toEqual(expected);
    expect(messages({}, { subagentPolicy: { maxDepth } })).toEqual([]);
  });

  it('denies tools with a deny rule by name, and passes a run that lists no tools [CTL-118]', () => {
    const gating = { toolGating: { rules: [{ tool: 'fetch_url', action: 'deny' }] } };
    expect(messages({ toolPolicy: { allow: ['read_file', 'fetch_url'] } }, gating)).toEqual([
      'tool "fetch_url" is denied by policy',
    ]);
    expect(messages({}, gating)).toEqual([]);
    expect(messages({ toolPolicy: { allow: ['Fetch_url'] } }, gating)).toEqual([]);
  });

  it('denies tools without a rule where the default is to deny; ask is left to the moment of use [CTL-WA2]', () => {
    const gating = { toolGating: { defaultAction: 'deny', rules: [{ tool: 'net', action: 'ask' }] } };
    expect(found({ toolPolicy: { allow: ['net', 'unknown'] } }, gating)).toMatchObject([
      { field: 'spec.toolPolicy.allow[1]', rule: 'toolGating.defaultAction' },
    ]);
  });

  it('denies what a closed gate is about, and takes an absent gate for open [CTL-119] [CTL-WA8]', () => {
    const gates = { featureGates: { 'code-execution': false, 'sub-agents': false } };
    expect(messages(sandbox, gates)).toEqual(["feature gate 'code-execution' is disabled by policy"]);
    expect(messages(parent(0), gates)).toEqual(["feature gate 'sub-agents' is disabled by policy"]);
    expect(messages({ toolPolicy: { allow: ['execute_command'] } }, gates)).toHaveLength(1);
    expect(messages({ sandbox: { enabled: false } }, gates)).toEqual([]);
    expect(messages({ ...sandbox, ...parent(0) }, { featureGates: { other: false } })).toEqual([]);
  });

  it('denies both sandbox modes at once, and an agent-sandbox that serves [CTL-120]', () => {
    expect(messages({ ...sandbox, ...agentSandbox }, {})).toEqual([
      'sandbox.enabled and agentSandbox.enabled are mutually exclusive',
    ]);
    expect(messages({ ...agentSandbox, mode: 'server' }, {})).toEqual([
      'agentSandbox is not supported with mode=server',
    ]);
  });

  it('denies a missing agent-sandbox and a runtime class that is not listed; an empty class passes [CTL-121]', () => {
    const policy = { sandboxPolicy: { required: false, agentSandboxPolicy: CLASSES } };
    const withClass = (runtimeClass: string) => ({ agentSandbox: { enabled: true, runtimeClass } });
    expect(messages({}, policy)).toEqual(['agent-sandbox mode is required by policy']);
    expect(messages(withClass('runc'), policy)).toEqual([
      'runtime class "runc" is not allowed by policy (allowed: [gvisor kata])',
    ]);
    expect(messages(withClass('kata'), policy)).toEqual([]);
    expect(messages(withClass(''), policy)).toEqual([]);
  });

  it('keeps runs from skills that mount paths of the node, unless the policy allows it [CTL-WA2]', () => {
    const pack: SkillPack = {
      apiVersion: 'sympozium.ai/v1alpha1',
      kind: 'SkillPack',
      metadata: { name: 'node-ops', namespace: 'team' },
      spec: {
        skills: [],
        sidecar: {
          image: 'ops:1',
          mountWorkspace: true,
          hostAccess: { enabled: true, mounts: [{ hostPath: '/etc', mountPath: '/host', readOnly: true }] },
        },
      },
    };
    expect(found({}, { sandboxPolicy: { required: false } }, [pack])).toMatchObject([
      { rule: 'sandboxPolicy.allowHostMounts', field: 'spec.skills' },
    ]);
    expect(found({}, { sandboxPolicy: { required: false, allowHostMounts: true } }, [pack])).toEqual([]);
    expect(found({}, {}, [pack])).toEqual([]);
  });

  it.each<[string, SkillSidecar['hostAccess'], PolicySpec, (string | undefined)[]]>([
    ['processes of the node', { enabled: true, hostPID: true }, { sandboxPolicy: { required: false } }, ['hostPID']],
    ['all of the node', { enabled: true, privileged: true }, { sandboxPolicy: { required: false } }, ['privileged']],
    ['its network', { enabled: true, hostNetwork: true }, { networkPolicy: {} }, ['the network of the node']],
    ['nothing, as it is off', { hostPID: true, privileged: true }, { sandboxPolicy: { required: false } }, []],
    ['nothing of the node', { enabled: true, runAsRoot: true }, { sandboxPolicy: { required: false } }, []],
  ])('holds skills to the policy that ask for %s [CTL-WK2]', (_what, hostAccess, policy, asked) => {
    const pack = aPackWith({ hostAccess });
    const denials = found({}, policy, [pack]);
    expect(denials.map(({ message }) => /asks for (.*), which/.exec(message)?.[1])).toEqual(asked);
    const allowing = { sandboxPolicy: { required: false, allowHostMounts: true }, networkPolicy: { denyAll: false } };
    expect(found({}, allowing, [pack])).toEqual([]);
  });

  it('refuses rights in the whole cluster to skills where the policy says so, and nowhere else [CTL-WK2]', () => {
    const pack = aPackWith({ clusterRBAC: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }] });
    const [denial] = found({}, { sandboxPolicy: { required: false, allowClusterRBAC: false } }, [pack]);
    expect(denial).toMatchObject({ rule: 'sandboxPolicy.allowClusterRBAC', field: 'spec.skills' });
    expect(found({}, { sandboxPolicy: { required: false } }, [pack])).toEqual([]);
  });

  it('says what, where, by which rule of which policy, and what to do', () => {
    const [denial] = found({}, { sandboxPolicy: { required: true } });
    expect(denial && explain(denial)).toBe(
      'sandbox is required by policy (spec.sandbox.enabled; sandboxPolicy.required of SympoziumPolicy "strict"): set spec.sandbox.enabled to true',
    );
  });

  it('never throws and always says the same, whatever quantities, tools and depths there are', () => {
    const word = fc.oneof(fc.string(), fc.constantFrom('1Gi', '500m', '1e999999999', 'execute_command', 'deny'));
    fc.assert(
      fc.property(word, word, word, fc.integer(), fc.boolean(), (cpu, max, tool, spawnDepth, required) => {
        const run = { ...limits(cpu), ...parent(spawnDepth), toolPolicy: { allow: [tool] } };
        const policy = {
          sandboxPolicy: { required, maxCPU: max.slice(0, 64) },
          toolGating: { defaultAction: tool.slice(0, 64), rules: [{ tool: max, action: 'deny' }] },
          featureGates: { 'code-execution': required },
        };
        expect(found(run, policy)).toEqual(found(run, policy));
      }),
    );
  });
});
