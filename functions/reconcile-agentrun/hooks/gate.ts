/** The verdict of a gate hook over a run's answer (AgentRun spec, 2.5). */
import * as z from 'zod';
import type { AgentRun } from '../../../crds/agentrun.ts';
import { ANNOTATIONS } from '../../../crds/labels.ts';
import type { LifecycleHooks } from '../../../crds/lifecycle.ts';

const VerdictSchema = z.object({
  action: z.enum(['approve', 'reject', 'rewrite']),
  response: z.string().default(''),
  reason: z.string().default(''),
});
export type GateVerdict = z.output<typeof VerdictSchema>;

/** The verdict on the run; undefined without one that can be read, which then neither decides nor ends the hook [RUN-102] [RUN-W13]. */
export function verdictOf({ metadata }: AgentRun): GateVerdict | undefined {
  const text = metadata.annotations?.[ANNOTATIONS.gateVerdict];
  if (text === undefined) return undefined;
  try {
    return VerdictSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** What becomes of the answer. Without `response` the agent's own stands. */
export interface GateDecision {
  verdict: 'approved' | 'rejected' | 'rewritten' | 'timeout' | 'error' | 'allowed-by-default';
  response?: string;
  /** Why, for people. */
  message: string;
}

const REASON_MAX = 1024;

/** `hooksFailed` says that the hooks failed or had no more time; it counts only where there is no verdict. */
export function decide(
  verdict: GateVerdict | undefined,
  gateDefault: LifecycleHooks['gateDefault'],
  hooksFailed: boolean,
): GateDecision {
  if (verdict === undefined) return defaultDecision(gateDefault, hooksFailed);
  const because = verdict.reason === '' ? '' : `: ${verdict.reason.slice(0, REASON_MAX)}`;
  switch (verdict.action) {
    case 'approve':
      return { verdict: 'approved', message: `The gate approved the answer${because}` };
    case 'reject': {
      const response = verdict.response || 'Response blocked by policy';
      return { verdict: 'rejected', response, message: `The gate rejected the answer${because}` };
    }
    case 'rewrite':
      return { verdict: 'rewritten', response: verdict.response, message: `The gate rewrote the answer${because}` };
  }
}

function defaultDecision(gateDefault: LifecycleHooks['gateDefault'], hooksFailed: boolean): GateDecision {
  const how = hooksFailed ? 'The gate failed to give a verdict' : 'The gate gave no verdict';
  if (gateDefault === 'allow') {
    return { verdict: 'allowed-by-default', message: `${how}; gateDefault lets the answer through` };
  }
  return {
    verdict: hooksFailed ? 'error' : 'timeout',
    response: 'Response blocked: gate hook did not return a verdict',
    message: `${how}; gateDefault blocks the answer`,
  };
}
