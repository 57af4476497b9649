import type { KubeObject } from '../../../../shared/kube/objects.ts';
import { controllerReference } from '../../../../shared/kube/objects.ts';
import { PODS } from '../../../../shared/kube/resources.ts';
import type { Pod, Service, ServicePort } from '../client/core-types.ts';
import { ENDPOINT_SLICES, SERVICES } from '../client/resources.ts';
import { createWorkQueue } from '../client/work-queue.ts';
import { type Controller, type ControllerContext, keyOf, splitKey } from './controller.ts';

const FIELD_MANAGER = 'endpointslice-controller';
/** Every name under `localhost` is this machine (RFC 6761); the API wants two segments. */
const LOOPBACK_NAME = 'local.localhost';

interface Backend {
  pod: Pod;
  ready: boolean;
}

/**
 * Keeps one EndpointSlice of each Service with a selector, from the pods it selects. Pods share this machine's network and
 * an EndpointSlice may not name a loopback address, so the address is a name for it.
 */
export function startServiceController({ client, informers, log }: ControllerContext): Controller {
  const services = informers.of<Service>(SERVICES);
  const pods = informers.of<Pod>(PODS);
  const queue = createWorkQueue({ name: 'service', reconcile, log });
  const written = new Map<string, string>();
  services.onChange(({ type, object }) => {
    if (type === 'DELETED') written.delete(keyOf(object));
    queue.add(keyOf(object));
  });
  pods.onChange(({ object, old }) => {
    for (const service of services.list())
      if (selects(service, object) || (old !== undefined && selects(service, old))) queue.add(keyOf(service));
  });

  async function reconcile(key: string): Promise<undefined> {
    await Promise.all([services.synced, pods.synced]);
    const { namespace, name } = splitKey(key);
    const service = services.get(namespace, name);
    if (service?.spec.selector === undefined || service.spec.type === 'ExternalName') return;
    const backends = pods.list().flatMap((pod) => backendOf(service, pod));
    const slice = endpointSlice(service, backends);
    const text = `${service.metadata.uid}${JSON.stringify(slice)}`;
    if (written.get(key) === text) return;
    await client.apply(ENDPOINT_SLICES, slice, { fieldManager: FIELD_MANAGER });
    written.set(key, text);
  }
  return { close: () => queue.close() };
}

export function selects({ metadata, spec }: Service, pod: Pod): boolean {
  const entries = Object.entries(spec.selector ?? {});
  if (entries.length === 0 || pod.metadata.namespace !== metadata.namespace) return false;
  return entries.every(([key, value]) => pod.metadata.labels?.[key] === value);
}

function backendOf(service: Service, pod: Pod): Backend[] {
  const over =
    pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed' || pod.metadata.deletionTimestamp !== undefined;
  if (!selects(service, pod) || over || pod.status?.podIP === undefined) return [];
  const ready =
    pod.status.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true;
  return [{ pod, ready: ready || service.spec.publishNotReadyAddresses === true }];
}

function portNumber({ port, targetPort = port }: ServicePort, backends: Backend[]): number | undefined {
  if (typeof targetPort === 'number') return targetPort;
  const ports = backends.flatMap(({ pod }) => pod.spec.containers.flatMap((container) => container.ports ?? []));
  return ports.find(({ name }) => name === targetPort)?.containerPort;
}

function portsOf(service: Service, backends: Backend[]): { name?: string; port: number; protocol: string }[] {
  return (service.spec.ports ?? []).flatMap((port) => {
    const number = portNumber(port, backends);
    return number === undefined ? [] : [{ name: port.name ?? '', port: number, protocol: port.protocol ?? 'TCP' }];
  });
}

const targetRef = ({ metadata }: Pod): Record<string, unknown> => ({
  kind: 'Pod',
  namespace: metadata.namespace,
  name: metadata.name,
  uid: metadata.uid,
});

function endpointSlice(service: Service, backends: Backend[]): KubeObject {
  const { name, namespace = '' } = service.metadata;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${name}-local`,
      namespace,
      labels: {
        'kubernetes.io/service-name': name,
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      },
      ownerReferences: [controllerReference({ ...service, apiVersion: 'v1', kind: 'Service' })],
    },
    ...{
      addressType: 'FQDN',
      endpoints: backends.map(({ pod, ready }) => ({
        addresses: [LOOPBACK_NAME],
        conditions: { ready, serving: ready, terminating: false },
        targetRef: targetRef(pod),
        nodeName: pod.spec.nodeName,
      })),
      ports: portsOf(service, backends),
    },
  };
}
