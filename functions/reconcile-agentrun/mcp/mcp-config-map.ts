import { COMPONENTS, LABELS } from '../../../crds/labels.ts';
import { fitName } from '../../../shared/kube/names.ts';
import { controllerReference } from '../../../shared/kube/objects.ts';
import { runLabels } from '../../../shared/pods/labels.ts';
import type { ConfigMap } from '../pod/input-config-map.ts';
import type { RunBuild } from '../pod/run-build.ts';
import type { ResolvedMcpServer } from './mcp-servers.ts';

const KEY = 'mcp-servers.yaml';

export const mcpConfigMapOf = (run: string): string => fitName(`${run}-mcp-servers`, 253);

/** Variable with a server's token; its name in upper case, with `-` as `_`. */
export const authVariableOf = ({ name }: ResolvedMcpServer): string =>
  `MCP_AUTH_${name.toUpperCase().replaceAll('-', '_')}`;

/** `<run>-mcp-servers`: what the bridge connects to (AgentRun spec, 3.7). None without servers. */
export function mcpConfigMaps({ run, mcpServers }: RunBuild): ConfigMap[] {
  if (mcpServers.length === 0) return [];
  const { name, namespace = '' } = run.metadata;
  const labels = runLabels(name, run.spec.instanceRef, COMPONENTS.mcpConfig);
  return [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: mcpConfigMapOf(name),
        namespace,
        labels: {
          [LABELS.agentRun]: labels[LABELS.agentRun] ?? '',
          [LABELS.instance]: labels[LABELS.instance] ?? '',
          [LABELS.component]: COMPONENTS.mcpConfig,
        },
        ownerReferences: [controllerReference(run)],
      },
      // JSON is YAML, and needs no library.
      data: { [KEY]: `${JSON.stringify({ servers: mcpServers.map(entryOf) }, null, 2)}\n` },
    },
  ];
}

function entryOf(server: ResolvedMcpServer) {
  const { name, url, toolsPrefix, timeout, auth, headers, toolsAllow, toolsDeny } = server;
  const variable = authVariableOf(server);
  return {
    name,
    url,
    toolsPrefix,
    timeout,
    // Bridges read `secretKey`; the original wrote only `tokenEnv`, which none of them does [RUN-W04].
    ...(auth !== undefined && { auth: { type: 'bearer', tokenEnv: variable, secretKey: variable } }),
    ...(Object.keys(headers).length > 0 && { headers }),
    ...(toolsAllow.length > 0 && { toolsAllow }),
    ...(toolsDeny.length > 0 && { toolsDeny }),
  };
}
