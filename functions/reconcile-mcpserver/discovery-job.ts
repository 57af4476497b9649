import { ANNOTATIONS } from '../../crds/labels.ts';
import type { McpServer } from '../../crds/mcpserver.ts';
import { controllerReference } from '../../shared/kube/objects.ts';
import { literal } from '../../shared/pods/env.ts';
import type { Job } from '../../shared/pods/job.ts';
import { mcpAccessLabel } from '../../shared/pods/mcp-access.ts';
import { HARDENED, podSecurity } from '../../shared/pods/security.ts';
import { type McpServerConfig, ownImage } from './config.ts';
import type { Target } from './discovery.ts';
import { discoveryLabels } from './labels.ts';

export const DISCOVERY_CONTAINER = 'mcp-discover';

/** The bridge tries for ten seconds; a node may have to pull its image first. */
const DEADLINE_SECONDS = 180;
const KEPT_SECONDS = 3600;

/** Asks a server for its tools from where runs ask it, with the program that runs ask it with, once. */
export function discoveryJob(server: McpServer, { job, file }: Target, config: McpServerConfig): Job {
  const { name, namespace = '' } = server.metadata;
  const labels = discoveryLabels(name);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: job, namespace, labels, ownerReferences: [controllerReference(server)] },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: DEADLINE_SECONDS,
      ttlSecondsAfterFinished: KEPT_SECONDS,
      template: {
        metadata: {
          labels: { ...labels, [mcpAccessLabel(server.metadata)]: 'true' },
          annotations: { [ANNOTATIONS.mcpServers]: file },
        },
        spec: {
          restartPolicy: 'Never',
          serviceAccountName: 'default',
          automountServiceAccountToken: false,
          securityContext: podSecurity(),
          containers: [
            {
              name: DISCOVERY_CONTAINER,
              image: ownImage('mcp-bridge', config),
              imagePullPolicy: 'IfNotPresent',
              env: [
                literal('MCP_DISCOVER_ONLY', 'true'),
                literal('MCP_CONFIG_PATH', '/config/mcp-servers.yaml'),
                literal('MCP_MANIFEST_PATH', '/ipc/tools/mcp-tools.json'),
              ],
              resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { cpu: '200m', memory: '256Mi' } },
              securityContext: HARDENED,
              volumeMounts: [
                { name: 'ipc', mountPath: '/ipc' },
                { name: 'config', mountPath: '/config', readOnly: true },
              ],
            },
          ],
          volumes: [
            { name: 'ipc', emptyDir: { sizeLimit: '64Mi' } },
            {
              name: 'config',
              projected: {
                sources: [
                  {
                    downwardAPI: {
                      items: [
                        {
                          path: 'mcp-servers.yaml',
                          fieldRef: { fieldPath: `metadata.annotations['${ANNOTATIONS.mcpServers}']` },
                        },
                      ],
                    },
                  },
                ],
              },
            },
          ],
        },
      },
    },
  };
}
