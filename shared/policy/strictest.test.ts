import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isToolAllowed } from '../pods/tool-access.ts';
import { type PodRules, strictest } from './strictest.ts';
import { toolAccess } from './tool-access.ts';

const TOOLS = ['execute_command', 'read_file', 'fetch_url', 'other'];
const action = fc.constantFrom('allow', 'deny', 'ask', 'alow');
const gating = fc.record({
  defaultAction: action,
  rules: fc.array(fc.record({ tool: fc.constantFrom(...TOOLS), action }), { maxLength: 4 }),
});
const gates = fc.dictionary(fc.constantFrom('code-execution', 'file-access', 'browser-automation'), fc.boolean());
const HOSTS = ['a.example', 'b.example'];
const egress = fc.record(
  { host: fc.constantFrom(...HOSTS), port: fc.constantFrom(80, 443) },
  { requiredKeys: ['host'] },
);
const network = fc.record({
  denyAll: fc.boolean(),
  allowDNS: fc.boolean(),
  allowEventBus: fc.boolean(),
  allowedEgress: fc.array(egress, { maxLength: 3 }),
});
const policies = fc.array(
  fc.record({ toolGating: gating, featureGates: gates, networkPolicy: network } as const, {
    requiredKeys: [],
  }) as fc.Arbitrary<PodRules>,
  { minLength: 1, maxLength: 3 },
);
const together = (rules: PodRules[]) => strictest(rules.map((spec) => ({ spec })));

describe('several policies together', () => {
  it('leave a run exactly the tools that each of them leaves it [CTL-WA3]', () => {
    fc.assert(
      fc.property(policies, fc.option(fc.subarray(TOOLS)), (rules, asked) => {
        const run = asked === null ? undefined : { allow: asked };
        for (const tool of TOOLS) {
          const each = rules.every((one) => isToolAllowed(toolAccess(run, one), tool));
          expect(isToolAllowed(toolAccess(run, together(rules)), tool)).toBe(each);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('let a run reach exactly what each of them lets it reach [CTL-WA3]', () => {
    const reaches = ({ networkPolicy }: PodRules, host: string, port: number) =>
      networkPolicy?.denyAll !== true ||
      (networkPolicy.allowedEgress ?? []).some((one) => one.host === host && (one.port ?? port) === port);
    const opens = ({ networkPolicy }: PodRules, what: 'allowDNS' | 'allowEventBus') =>
      networkPolicy?.denyAll !== true || networkPolicy[what];
    fc.assert(
      fc.property(policies, (rules) => {
        const all = together(rules) ?? {};
        for (const host of HOSTS) {
          for (const port of [80, 443, 8080]) {
            expect(reaches(all, host, port)).toBe(rules.every((one) => reaches(one, host, port)));
          }
        }
        for (const what of ['allowDNS', 'allowEventBus'] as const) {
          expect(opens(all, what)).toBe(rules.every((one) => opens(one, what)));
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('bound sandboxes and retries by the smaller bound, and take defaults from the first that has one', () => {
    const own = { sandboxPolicy: { maxCPU: '2', defaultImage: 'own:1' }, retryPolicy: { infrastructureFailures: 3 } };
    const floor = {
      sandboxPolicy: {
        maxCPU: '500m',
        maxMemory: '1Gi',
        defaultImage: 'floor:1',
        agentSandboxPolicy: { defaultRuntimeClass: 'kata' },
      },
      retryPolicy: { infrastructureFailures: 1 },
    };
    expect(together([own, floor])).toEqual({
      sandboxPolicy: {
        maxCPU: '500m',
        maxMemory: '1Gi',
        defaultImage: 'own:1',
        agentSandboxPolicy: { defaultRuntimeClass: 'kata' },
      },
      retryPolicy: { infrastructureFailures: 1 },
    });
    expect(together([{ sandboxPolicy: { maxCPU: 'lots' } }, floor])?.sandboxPolicy?.maxCPU).toBe('500m');
    expect(together([])).toBeUndefined();
  });
});
