import type { AgentRun } from '../../../crds/agentrun.ts';
import type { Limit } from '../../../crds/agentrun-status.ts';
import type { SympoziumInstance } from '../../../crds/sympoziuminstance.ts';
import type { SympoziumPolicy } from '../../../crds/sympoziumpolicy.ts';
import { isServer } from '../pod/run-build.ts';

/** How many runs of an instance may be at work at a time, and who says so. */
export type ConcurrencyLimit = Limit;

/** A run as the queue sees it. `parent` names the run that started it. */
export interface QueuedRun {
  name: string;
  uid: string;
  instance: string;
  /** RFC 3339 with whole seconds. */
  created: string;
  phase: string;
  parent?: string;
  deleted: boolean;
}

/** What shares an instance's limits, read after the ledger: who is missing here has ended for good. */
export interface Queue {
  /** UIDs that the ledger had. */
  taken: string[];
  /** Version of the ledger as it was read; undefined when there is none. */
  ledgerVersion?: string;
  /** The unfinished runs of the namespace: a child may belong to another instance than its parent. */
  runs: QueuedRun[];
}

/** The limits on runs of an instance: its policies' on all of them, and its own on those that another run started. */
export function limitsOf(instance: SympoziumInstance, policies: readonly SympoziumPolicy[]): ConcurrencyLimit[] {
  const subAgents = instance.spec.agents.default.subagents;
  return [
    ...policies.flatMap(({ metadata, spec: { subagentPolicy } }) =>
      subagentPolicy === undefined
        ? []
        : [{ max: subagentPolicy.maxConcurrent, subAgents: false, by: `SympoziumPolicy "${metadata.name}"` }],
    ),
    ...(subAgents === undefined
      ? []
      : [{ max: subAgents.maxConcurrent, subAgents: true, by: `SympoziumInstance "${instance.metadata.name}"` }]),
  ];
}

/** The limits that this very run is under: none for a server, which would hold its slot for good. */
export const limitsOn = ({ spec }: AgentRun, limits: readonly ConcurrencyLimit[]): ConcurrencyLimit[] =>
  isServer({ spec }) ? [] : limits.filter(({ subAgents }) => !subAgents || spec.parent !== undefined);

export function queuedRun({ metadata, spec, status }: AgentRun): QueuedRun {
  return {
    name: metadata.name,
    uid: metadata.uid ?? '',
    instance: spec.instanceRef,
    created: metadata.creationTimestamp ?? '',
    phase: status?.phase ?? '',
    ...(spec.parent !== undefined && { parent: spec.parent.runName }),
    deleted: metadata.deletionTimestamp !== undefined,
  };
}
