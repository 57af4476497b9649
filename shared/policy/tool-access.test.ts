import { describe, expect, it } from 'vitest';
import type { SympoziumPolicySpec } from '../../crds/sympoziumpolicy.ts';
import { isToolAllowed, toolAccessEnv, toolAccessFrom } from '../pods/tool-access.ts';
import { toolAccess } from './tool-access.ts';

const TOOLS = ['execute_command', 'read_file', 'send_channel_message', 'fetch_url'];
const left = (...told: Parameters<typeof toolAccess>) =>
  TOOLS.filter((tool) => isToolAllowed(toolAccess(...told), tool));
const gating = (defaultAction: string, rules: Record<string, string> = {}): SympoziumPolicySpec => ({
  toolGating: { defaultAction, rules: Object.entries(rules).map(([tool, action]) => ({ tool, action })) },
});

describe('the tools of a run', () => {
  it.each<{ when: string; run?: { allow?: string[]; deny?: string[] }; policy?: SympoziumPolicySpec; tools: string[] }>(
    [
      { when: 'nothing is said', tools: TOOLS },
      { when: 'the run lists no tools', run: { allow: [] }, tools: TOOLS },
      {
        when: 'the run lists some',
        run: { allow: ['read_file', 'fetch_url'], deny: ['fetch_url'] },
        tools: ['read_file'],
      },
      {
        when: 'a rule denies one, without any list in the run',
        policy: gating('allow', { fetch_url: 'deny' }),
        tools: TOOLS.slice(0, 3),
      },
      { when: 'the policy denies by default', policy: gating('deny', { read_file: 'allow' }), tools: ['read_file'] },
      {
        when: 'the run asks for more than a policy that denies by default allows',
        run: { allow: ['read_file', 'execute_command'] },
        policy: gating('deny', { read_file: 'allow' }),
        tools: ['read_file'],
      },
      {
        when: 'a rule wants somebody asked',
        policy: gating('allow', { execute_command: 'ask' }),
        tools: TOOLS.slice(1),
      },
      { when: 'a word is not known', policy: gating('permit', { read_file: 'alow' }), tools: [] },
      {
        when: 'gates are closed',
        policy: { featureGates: { 'code-execution': false, 'file-access': false, other: false } },
        tools: TOOLS.slice(2),
      },
    ],
  )('are $tools when $when [CTL-WA2]', ({ run, policy, tools }) => {
    expect(left(run, policy)).toEqual(tools);
  });

  it('are what the containers of the pod read, also when none is left', () => {
    for (const access of [{ deny: [] }, { allow: [], deny: [] }, { allow: ['a'], deny: ['b', 'c'] }]) {
      const env = Object.fromEntries(toolAccessEnv(access).map(({ name, value }) => [name, value]));
      expect(toolAccessFrom(env)).toEqual(access);
    }
  });
});
