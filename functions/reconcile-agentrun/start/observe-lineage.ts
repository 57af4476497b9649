import type { AgentRun } from '../../../crds/agentrun.ts';
import { KINDS } from '../../../crds/group.ts';
import { LABELS } from '../../../crds/labels.ts';
import type { SympoziumInstance } from '../../../crds/sympoziuminstance.ts';
import { fitName } from '../../../shared/kube/names.ts';
import type { ObserveContext } from '../../../shared/reconcile/reconciler.ts';
import type { Starting } from '../observed.ts';

type Lineage = Pick<Starting, 'parent' | 'parentInstance' | 'finishedSiblings'>;

/** The run that asked for this one, its instance when that is another, and how many runs that it asked for have ended. */
export async function observeLineage(
  { metadata, spec }: AgentRun,
  instance: SympoziumInstance | undefined,
  { kube, signal }: ObserveContext,
): Promise<Lineage> {
  if (spec.parent === undefined) return {};
  const { namespace = '' } = metadata;
  const { runName } = spec.parent;
  const parent = await kube.get<AgentRun>(KINDS.AgentRun, { namespace, name: runName }, { signal });
  const starter = parent?.spec.instanceRef ?? spec.instanceRef;
  const parentInstance =
    starter === spec.instanceRef
      ? undefined
      : await kube.get<SympoziumInstance>(KINDS.SympoziumInstance, { namespace, name: starter }, { signal });
  const found = {
    ...(parent !== undefined && { parent }),
    ...(parentInstance !== undefined && { parentInstance }),
  };
  if ((parentInstance ?? instance)?.spec.agents.default.subagents === undefined) return found;
  const labelSelector = `${LABELS.finished}=true,${LABELS.parentRun}=${fitName(runName)}`;
  const { items } = await kube.list<AgentRun>(KINDS.AgentRun, { namespace, labelSelector, signal });
  // An earlier run of the name may have had runs of its own.
  const since = parent?.metadata.creationTimestamp ?? '';
  const finishedSiblings = items.filter((one) => (one.metadata.creationTimestamp ?? '') >= since).length;
  return { ...found, finishedSiblings };
}
