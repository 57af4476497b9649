import type { AgentRunSpec } from '../../crds/agentrun.ts';
import { type Denial, explain } from '../../shared/policy/denial.ts';
import { missingPolicy, policiesOf } from '../../shared/policy/floor.ts';
import { judgeRun } from '../../shared/policy/judge-run.ts';
import type { Governing } from './governing.ts';
import { allow, deny, fail, type Verdict } from './verdict.ts';

/** A run that somebody wants to store, and what it was before; plain data. */
export interface RunChange {
  deleting: boolean;
  spec: AgentRunSpec;
  old: AgentRunSpec | undefined;
}

/**
 * The verdict over a run (controllers spec, 6.3). Of a run that exists only what the change itself breaks is held against it: a
 * policy that became stricter, or an instance that is gone, blocks no other update [CTL-WA4] [RUN-W39]. Pure.
 */
export function admitRun({ deleting, spec, old }: RunChange, { instance, policy, floor, packs }: Governing): Verdict {
  if (deleting) return allow('run is being deleted; skipping policy validation');
  const rebound = old?.instanceRef !== spec.instanceRef;
  if (instance === undefined) {
    if (!rebound) return allow('the instance is gone; nothing of the run is bound by it');
    const name = spec.instanceRef;
    const why = `SympoziumInstance.sympozium.ai "${name}" not found`;
    return fail(400, `failed to find SympoziumInstance ${name}: ${why}`);
  }
  const { policyRef = '' } = instance.spec;
  if (policyRef === '' && floor === undefined) return allow('no policy bound');
  const missing = missingPolicy(policyRef, { policy, floor });
  if (missing !== undefined) {
    return rebound
      ? fail(500, `failed to find SympoziumPolicy ${missing.name}: ${missing.why}`)
      : allow('the policy is gone; the run was judged when it was made');
  }
  const policies = policiesOf({ policy, floor });
  const before = old === undefined || rebound ? [] : judgeRun({ spec: old, packs }, policies).map(idOf);
  const denials = judgeRun({ spec, packs }, policies).filter((denial) => !before.includes(idOf(denial)));
  return denials.length === 0 ? allow('policy validated') : deny(denials.map(explain).join('; '));
}

const idOf = ({ field, message }: Denial): string => `${field} ${message}`;
