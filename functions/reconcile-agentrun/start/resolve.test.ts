import { describe, expect, it } from 'vitest';
import type { SympoziumPolicy } from '../../../crds/sympoziumpolicy.ts';
import { anAgentRun, anInstance, aStarting, CONFIG } from '../fixtures.ts';
import { resolve } from './resolve.ts';

const decided = (parts: Parameters<typeof aStarting>[0] = {}) => {
  const seen = aStarting(parts);
  if (seen.instance === undefined) throw new Error('Nothing resolves without an instance');
  const { decisions = [] } = resolve(seen.primary, seen.instance, seen, CONFIG);
  return Object.fromEntries(decisions.map(({ field, from }) => [field, from]));
};
const policyOf = (spec: object) => ({ metadata: { name: 'strict' }, spec }) as SympoziumPolicy;

describe('what a run resolved to says where it came from', () => {
  it('when nobody said anything: the default, and nothing else', () => {
    expect(decided()).toEqual({ timeout: expect.stringMatching(/^the default for provider \w+$/) });
  });

  it('when run and instance said it: the run', () => {
    const instance = anInstance({
      skills: [{ skillPackRef: 'a' }],
      memory: { enabled: true, maxSizeKB: 1, systemPrompt: 'Be kind.' },
      agents: { default: { model: 'm', runTimeout: '5m', toolPolicy: { deny: ['fetch_url'] } } },
    });
    const inst = 'SympoziumInstance "inst"';
    expect(decided({ instance })).toEqual({ skills: inst, timeout: inst, systemPrompt: inst, tools: inst });
    const spec = {
      skills: [{ skillPackRef: 'b' }],
      systemPrompt: 'Be quick.',
      timeout: '1m',
      toolPolicy: { allow: ['read_file'] },
    };
    const run = 'the run';
    expect(decided({ instance, primary: anAgentRun({ spec }) })).toEqual({
      skills: run,
      timeout: run,
      systemPrompt: run,
      tools: run,
    });
  });

  it('when a policy bounds it: both who asked and who bounds', () => {
    const policy = policyOf({
      toolGating: { defaultAction: 'allow' },
      networkPolicy: { denyAll: true, allowDNS: true, allowEventBus: true },
      sandboxPolicy: { required: false, maxCPU: '1' },
      retryPolicy: { infrastructureFailures: 2 },
    });
    const primary = anAgentRun({ spec: { toolPolicy: { allow: ['read_file'] } } });
    const strict = 'SympoziumPolicy "strict"';
    expect(decided({ policy, primary })).toMatchObject({
      tools: `the run and ${strict}`,
      network: strict,
      sandboxDefaults: strict,
      retries: strict,
    });
  });

  it('when instance and namespace have a policy each: both, and the stricter counts [CTL-WA3]', () => {
    const own = policyOf({ sandboxPolicy: { required: false, maxCPU: '2' }, toolGating: { defaultAction: 'allow' } });
    const floorPolicy = {
      metadata: { name: 'floor' },
      spec: {
        sandboxPolicy: { required: false, maxCPU: '1' },
        toolGating: { defaultAction: 'allow', rules: [{ tool: 'fetch_url', action: 'deny' }] },
        subagentPolicy: { maxDepth: 1, maxConcurrent: 2 },
      },
    } as SympoziumPolicy;
    const floor = { name: 'floor', by: 'label', policy: floorPolicy };
    const seen = aStarting({ policy: own, floor });
    const resolution = resolve(seen.primary, anInstance(), seen, CONFIG);
    const both = 'SympoziumPolicy "strict" and SympoziumPolicy "floor"';
    expect(decided({ policy: own, floor })).toMatchObject({ tools: both, sandboxDefaults: both });
    expect(resolution).toMatchObject({
      policy: { name: 'strict' },
      floor: { name: 'floor' },
      tools: { deny: ['fetch_url'] },
      sandboxDefaults: { maxCPU: '1' },
      limits: [{ max: 2, by: 'SympoziumPolicy "floor"' }],
    });
  });

  it('when the policy of the namespace is the one of the instance: it counts once', () => {
    const policy = policyOf({ subagentPolicy: { maxDepth: 1, maxConcurrent: 2 } });
    const seen = aStarting({ policy, floor: { name: 'strict', by: 'label', policy } });
    expect(resolve(seen.primary, anInstance(), seen, CONFIG).limits).toHaveLength(1);
  });

  it('when it is a Sandbox: who asked for it', () => {
    const agents = { default: { model: 'm', agentSandbox: { enabled: true } } };
    expect(decided({ instance: anInstance({ agents }) })).toMatchObject({ agentSandbox: 'SympoziumInstance "inst"' });
    const primary = anAgentRun({ spec: { agentSandbox: { enabled: true } } });
    expect(decided({ primary })).toMatchObject({ agentSandbox: 'the run' });
  });
});
