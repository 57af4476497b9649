import { literal } from '../../../shared/pods/env.ts';
import { imageOf } from '../../../shared/pods/images.ts';
import type { Container, EnvVar } from '../../../shared/pods/pod.ts';
import { HARDENED } from '../../../shared/pods/security.ts';
import { toolAccessEnv } from '../../../shared/pods/tool-access.ts';
import { traceparent } from '../pod/agent-container.ts';
import { imagesOf, type RunBuild, telemetryOf } from '../pod/run-build.ts';
import { authVariableOf } from './mcp-config-map.ts';

/** Lists the tools of the run's MCP servers before the agent starts (AgentRun spec, 3.5.5). */
export const mcpDiscoverContainer = (build: RunBuild): Container =>
  container(build, 'mcp-discover', [literal('MCP_DISCOVER_ONLY', 'true')]);

/** Carries out the agent's calls of those tools. */
export const mcpBridgeContainer = (build: RunBuild): Container => container(build, 'mcp-bridge', []);

function container(build: RunBuild, name: string, more: EnvVar[]): Container {
  return {
    name,
    image: imageOf('mcp-bridge', imagesOf(build)),
    imagePullPolicy: 'IfNotPresent',
    env: [
      literal('AGENT_RUN_ID', build.run.metadata.name),
      literal('MCP_CONFIG_PATH', '/config/mcp-servers.yaml'),
      literal('MCP_IPC_PATH', '/ipc/tools'),
      literal('MCP_MANIFEST_PATH', '/ipc/tools/mcp-tools.json'),
      ...traceparent(build),
      ...telemetryOf(build),
      ...tokens(build),
      ...toolAccessEnv(build.resolution.tools ?? {}),
      ...more,
    ],
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '200m', memory: '256Mi' } },
    securityContext: HARDENED,
    volumeMounts: [
      { name: 'ipc', mountPath: '/ipc' },
      { name: 'mcp-config', mountPath: '/config', readOnly: true },
    ],
  };
}

/** Only these containers get them: the agent asks, and never sees a token. */
function tokens({ mcpServers }: RunBuild): EnvVar[] {
  return mcpServers.flatMap((server) => {
    if (server.auth === undefined) return [];
    const { secret, key } = server.auth;
    return [{ name: authVariableOf(server), valueFrom: { secretKeyRef: { name: secret, key, optional: true } } }];
  });
}
