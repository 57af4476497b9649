import { describe, expect, it } from 'vitest';
import { API_VERSION } from '../../../crds/group.ts';
import type { SympoziumPolicy } from '../../../crds/sympoziumpolicy.ts';
import { aJob, anAgentRun, aPack, aStarting } from '../fixtures.ts';

const policy: SympoziumPolicy = {
  apiVersion: API_VERSION,
  kind: 'SympoziumPolicy',
  metadata: { name: 'p', namespace: 'team' },
  spec: { toolGating: { defaultAction: 'allow', rules: [{ tool: 'execute_command', action: 'deny' }] } },
};
const told = (job: ReturnType<typeof aJob>) =>
  job.spec.template.spec.containers.map(({ name, env = [] }) => [
    name,
    env.findLast((one) => one.name === 'TOOLS_DENY')?.value,
  ]);

describe('a run whose policy denies a tool', () => {
  it('has a pod whose containers all know, whatever run and pack set themselves [CTL-WX3] [RUN-W55]', () => {
    const opened = { TOOLS_DENY: '' };
    const job = aJob(
      aStarting({
        primary: anAgentRun({ spec: { skills: [{ skillPackRef: 'ops' }], env: opened } }),
        packs: { ops: aPack('ops', { env: [{ name: 'TOOLS_DENY', value: '' }] }) },
        policy,
      }),
    );
    expect(told(job)).toEqual(['agent', 'ipc-bridge', 'skill-ops'].map((name) => [name, 'execute_command']));
  });

  it('has the plain pod of the original where nothing is denied', () => {
    expect(told(aJob())).toEqual([
      ['agent', undefined],
      ['ipc-bridge', undefined],
    ]);
  });
});
