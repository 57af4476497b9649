import type { AgentRun } from '../../../crds/agentrun.ts';
import type { Resolution } from '../../../crds/agentrun-status.ts';
import { COMPONENTS, LABELS } from '../../../crds/labels.ts';
import { fitName } from '../../../shared/kube/names.ts';
import { controllerReference, type KubeObject } from '../../../shared/kube/objects.ts';
import { PERSISTENT_VOLUME_CLAIMS } from '../../../shared/kube/resources.ts';
import type { Volume } from '../../../shared/pods/pod.ts';
import type { Action } from '../../../shared/reconcile/plan.ts';
import { hasPostRun } from '../hooks/hooks.ts';
import { workspaceOf } from '../names.ts';

/** `/workspace`: a claim where hooks after the agent are to find what it left, else a folder of the pod [RUN-056]. */
export function workspaceVolume(run: AgentRun, resolution: Resolution): Volume {
  return hasPostRun(resolution)
    ? { name: 'workspace', persistentVolumeClaim: { claimName: workspaceOf(run.metadata.name) } }
    : { name: 'workspace', emptyDir: { sizeLimit: '1Gi' } };
}

export function workspaceActions(run: AgentRun, resolution: Resolution): Action[] {
  return hasPostRun(resolution)
    ? [{ verb: 'apply', resource: PERSISTENT_VOLUME_CLAIMS, object: workspaceClaim(run) }]
    : [];
}

/** Asked for at every end of the run; the claim goes when the last pod that uses it does [RUN-104] [RUN-W62]. */
export function workspaceRemovals(run: AgentRun, resolution: Resolution | undefined): Action[] {
  if (!hasPostRun(resolution ?? run.spec)) return [];
  const { name, namespace = '' } = run.metadata;
  const target = { resource: PERSISTENT_VOLUME_CLAIMS, namespace, name: workspaceOf(name) };
  return [{ verb: 'delete', target, propagation: 'Background' }];
}

function workspaceClaim(run: AgentRun): KubeObject {
  const { name, namespace = '' } = run.metadata;
  const claim = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: workspaceOf(name),
      namespace,
      labels: { [LABELS.agentRun]: fitName(name), [LABELS.component]: COMPONENTS.workspace },
      ownerReferences: [controllerReference(run)],
    },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  };
  return claim;
}
