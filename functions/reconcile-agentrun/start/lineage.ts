/** Where a run stands below the run that asked for it, and how many others that one may ask for (AgentRun spec, 2.8). */
import type { AgentRun } from '../../../crds/agentrun.ts';
import { RUN_REASONS } from '../../../crds/conditions.ts';
import { type Failure, policyFailure } from '../failure.ts';
import type { Resolving } from '../observed.ts';
import type { Queue } from '../queue/queue.ts';
import { siblingsAhead } from '../queue/slots.ts';

/**
 * How many runs are above this one; undefined for a run that no other asked for. What it says of itself counts only upwards: the
 * run that it names is looked at, whose own depth was found the same way when it started [CTL-WD2].
 */
export function depthOf({ spec }: AgentRun, parent: AgentRun | undefined): number | undefined {
  if (spec.parent === undefined) return undefined;
  const above = parent === undefined ? 0 : (parent.status?.resolution?.depth ?? parent.spec.parent?.spawnDepth ?? 0);
  return Math.max(spec.parent.spawnDepth, above + 1);
}

/** The run as its policy judges it: at its real depth. */
export function atRealDepth(run: AgentRun, parent: AgentRun | undefined): AgentRun {
  const spawnDepth = depthOf(run, parent);
  const { spec } = run;
  if (spec.parent === undefined || spawnDepth === undefined) return run;
  return { ...run, spec: { ...spec, parent: { ...spec.parent, spawnDepth } } };
}

/** What the instance of the run that asked for this one lets its agents start. */
export function subAgentDenial(seen: Resolving & { queue?: Queue }): Failure | undefined {
  const { primary: run, parent, parentInstance, instance, queue, finishedSiblings = 0 } = seen;
  const starter = parentInstance ?? instance;
  const bounds = starter?.spec.agents.default.subagents;
  const depth = depthOf(run, parent);
  if (bounds === undefined || depth === undefined) return undefined;
  const by = `SympoziumInstance "${starter?.metadata.name}"`;
  if (depth > bounds.maxDepth) {
    return policyFailure(RUN_REASONS.policyDenied, `sub-agent depth ${depth} exceeds max ${bounds.maxDepth} of ${by}`);
  }
  const before = finishedSiblings + (queue === undefined ? 0 : siblingsAhead(run.metadata.uid ?? '', queue));
  if (before < bounds.maxChildrenPerAgent) return undefined;
  const name = run.spec.parent?.runName;
  const why = `run "${name}" has started ${before} runs; ${by} lets each start ${bounds.maxChildrenPerAgent}`;
  return policyFailure(RUN_REASONS.policyDenied, why);
}
