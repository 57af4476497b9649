import { LABELS } from '../../crds/labels.ts';
import type { McpServer } from '../../crds/mcpserver.ts';
import { marked } from '../../shared/kube/applied.ts';
import { controllerReference, type KubeObject } from '../../shared/kube/objects.ts';
import { mcpAccessLabel } from '../../shared/pods/mcp-access.ts';
import type { McpServerConfig } from './config.ts';
import { portOf } from './deployment.ts';
import { serverLabels } from './labels.ts';

const metadataOf = (server: McpServer) => {
  const { name, namespace = '' } = server.metadata;
  return { name, namespace, labels: serverLabels(name), ownerReferences: [controllerReference(server)] };
};

export function serverService(server: McpServer): KubeObject & { spec: object } {
  const port = portOf(server);
  const { [LABELS.appManagedBy]: _, ...selector } = serverLabels(server.metadata.name);
  return marked({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadataOf(server),
    spec: {
      type: 'ClusterIP',
      selector,
      ports: [{ name: 'http', port, targetPort: port, protocol: 'TCP' }],
    },
  });
}

/**
 * MCP servers ask nobody who they are, and hold Secrets: only the pods of runs that name the server reach it [CTL-WM5]. Those of
 * other namespaces can name only servers of the system's.
 */
export function serverNetworkPolicy(server: McpServer, config: McpServerConfig): KubeObject & { spec: object } {
  const everywhere = server.metadata.namespace === config.SYMPOZIUM_SYSTEM_NAMESPACE;
  const podSelector = { matchLabels: { [mcpAccessLabel(server.metadata)]: 'true' } };
  return marked({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadataOf(server),
    spec: {
      podSelector: { matchLabels: serverLabels(server.metadata.name) },
      policyTypes: ['Ingress'],
      ingress: [
        {
          from: [{ ...(everywhere && { namespaceSelector: {} }), podSelector }],
          ports: [{ port: portOf(server), protocol: 'TCP' }],
        },
      ],
    },
  });
}

/** Address of a deployed server. */
export const serviceUrl = (server: McpServer): string =>
  `http://${server.metadata.name}.${server.metadata.namespace}.svc:${portOf(server)}`;
