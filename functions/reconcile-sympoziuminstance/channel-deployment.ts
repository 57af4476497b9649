import { COMPONENTS, LABELS } from '../../crds/labels.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import { marked } from '../../shared/kube/applied.ts';
import { fitName } from '../../shared/kube/names.ts';
import { controllerReference, type KubeObject } from '../../shared/kube/objects.ts';
import { literal } from '../../shared/pods/env.ts';
import { imageOf, imageSource } from '../../shared/pods/images.ts';
import type { EnvVar } from '../../shared/pods/pod.ts';
import type { Channel, ChannelType } from './channels.ts';
import type { InstanceConfig } from './config.ts';
import { channelDeploymentOf, whatsappClaimOf } from './names.ts';

/** `apps/v1` Deployment, as far as the reconciler reads it. */
export interface Deployment extends KubeObject {
  spec: object;
  status?: { readyReplicas?: number };
}

/** Port of `/healthz` in each image (controllers spec, 3.7). */
const HEALTH_PORTS: Record<ChannelType, number> = { telegram: 8080, slack: 8080, discord: 8080, whatsapp: 3000 };

const labelsOf = (instance: string, type: string): Record<string, string> => ({
  [LABELS.component]: COMPONENTS.channel,
  [LABELS.channel]: type,
  [LABELS.instance]: fitName(instance),
});

/** The pod of one channel (controllers spec, 2.1.1). */
export function channelDeployment(instance: SympoziumInstance, channel: Channel, config: InstanceConfig): Deployment {
  const { name, namespace = '' } = instance.metadata;
  const { type, secret } = channel;
  const labels = labelsOf(name, type);
  const { imagePullSecrets = [] } = instance.spec;
  const isWhatsapp = type === 'whatsapp';
  return marked({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: channelDeploymentOf(name, type),
      namespace,
      labels,
      ownerReferences: [controllerReference(instance)],
    },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      // Two pods would be two linked devices on one store.
      ...(isWhatsapp && { strategy: { type: 'Recreate' } }),
      template: {
        metadata: { labels },
        spec: {
          // A channel talks to the bus and its service, never to the API server.
          automountServiceAccountToken: false,
          ...(imagePullSecrets.length > 0 && { imagePullSecrets }),
          containers: [
            {
              name: 'channel',
              image: imageOf(`channel-${type}`, imageSource(config)),
              imagePullPolicy: 'IfNotPresent',
              env: environment(instance, type, config),
              ...(secret !== '' && { envFrom: [{ secretRef: { name: secret } }] }),
              // Ready means connected, not only started [CTL-WI6].
              readinessProbe: { httpGet: { path: '/healthz', port: HEALTH_PORTS[type] }, periodSeconds: 10 },
              ...(isWhatsapp && { volumeMounts: [{ name: 'whatsapp-data', mountPath: '/data' }] }),
            },
          ],
          ...(isWhatsapp && {
            volumes: [{ name: 'whatsapp-data', persistentVolumeClaim: { claimName: whatsappClaimOf(name) } }],
          }),
        },
      },
    },
  });
}

function environment({ metadata, spec }: SympoziumInstance, type: string, config: InstanceConfig): EnvVar[] {
  return [
    literal('INSTANCE_NAME', metadata.name),
    literal('EVENT_BUS_URL', config.POD_EVENT_BUS_URL),
    literal('OTEL_EXPORTER_OTLP_ENDPOINT', collectorOf(spec.observability, config)),
    literal('OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc'),
    literal('OTEL_SERVICE_NAME', `sympozium-channel-${type}`),
  ];
}

function collectorOf(observability: SympoziumInstance['spec']['observability'], config: InstanceConfig): string {
  if (observability?.enabled === false) return '';
  return observability?.otlpEndpoint || config.OTEL_EXPORTER_OTLP_ENDPOINT;
}

/** Where WhatsApp keeps its pairing. */
export function whatsappClaim(instance: SympoziumInstance): KubeObject & { spec: object } {
  const { name, namespace = '' } = instance.metadata;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: whatsappClaimOf(name),
      namespace,
      labels: labelsOf(name, 'whatsapp'),
      ownerReferences: [controllerReference(instance)],
    },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '256Mi' } } },
  };
}
