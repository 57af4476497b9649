import type { AgentRun } from '../../../crds/agentrun.ts';
import type { AgentRunStatus } from '../../../crds/agentrun-status.ts';
import { AGENT_RUN_PHASES, CONDITIONS, RUN_REASONS } from '../../../crds/conditions.ts';
import { cutBytes } from '../../../shared/bytes.ts';
import type { Action } from '../../../shared/reconcile/plan.ts';
import { hasMemorySkill } from '../pod/memory-env.ts';

/** As the original tells of a task (AgentRun spec, 5.3). */
const TASK_MAX = 500;
const ERROR_MAX = 2_000;

/** Ends that say nothing of the task: somebody ended the run, or took its Job away. */
const UNTOLD: readonly string[] = [RUN_REASONS.cancelled, RUN_REASONS.jobNotFound, RUN_REASONS.jobNotOwned];

/**
 * What later runs of the instance should know of one that failed at work, where its agents have a memory. Made from what is stored,
 * so that a repeat is the same memory, which is kept once [RUN-085].
 */
export function failureMemory({ metadata, spec }: AgentRun, status: AgentRunStatus): Action[] {
  const { phase, startedAt, resolution, error = '', completedAt = '' } = status;
  if (phase !== AGENT_RUN_PHASES.failed || startedAt === undefined) return [];
  if (resolution === undefined || !hasMemorySkill(resolution)) return [];
  const reason = status.conditions?.find(({ type }) => type === CONDITIONS.succeeded)?.reason ?? '';
  if (UNTOLD.includes(reason)) return [];
  const { text, cut } = cutBytes(spec.task, TASK_MAX);
  const content = [
    `## Run ${metadata.name} failed`,
    '',
    `Task: ${text}${cut ? '...' : ''}`,
    `Error: ${cutBytes(error, ERROR_MAX).text}`,
    `When: ${completedAt}`,
    `Instance: ${spec.instanceRef}`,
  ].join('\n');
  const owner = { kind: 'instance', namespace: metadata.namespace ?? '', name: spec.instanceRef } as const;
  return [{ verb: 'remember', memory: { owner, content, tags: ['failure', 'agent-run', spec.instanceRef] } }];
}
