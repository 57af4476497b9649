import { marked } from '../../../shared/kube/applied.ts';
import { controllerReference, type KubeObject } from '../../../shared/kube/objects.ts';
import { serverNameOf } from '../names.ts';
import type { RunBuild, SidecarSkill } from '../pod/run-build.ts';
import { serverLabels } from './deployment.ts';
import { portsOf } from './sidecar.ts';

/** Where the server is reached within the cluster: one port for each of the pack's (AgentRun spec, 3.11). */
export function serverService({ run }: RunBuild, { sidecar }: SidecarSkill): KubeObject {
  const { name, namespace = '' } = run.metadata;
  const labels = serverLabels(run);
  const ports = portsOf(sidecar).map(({ name: port, containerPort, protocol }) => ({
    name: port,
    port: containerPort,
    targetPort: containerPort,
    protocol,
  }));
  const object = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: serverNameOf(name), namespace, labels, ownerReferences: [controllerReference(run)] },
    spec: { type: 'ClusterIP', selector: labels, ports },
  };
  return marked(object);
}
