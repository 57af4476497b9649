import { expect, it } from 'vitest';
import { API_VERSION } from '../../crds/group.ts';
import { McpServerSchema } from '../../crds/mcpserver.ts';
import { SympoziumInstanceSchema } from '../../crds/sympoziuminstance.ts';
import { loadRunConfig } from '../../functions/reconcile-agentrun/config.ts';
import { anAgentRun, anInstance, aStarting } from '../../functions/reconcile-agentrun/fixtures.ts';
import { jobFor } from '../../functions/reconcile-agentrun/pod/job.ts';
import { buildOf } from '../../functions/reconcile-agentrun/start/start.ts';
import { loadMcpServerConfig } from '../../functions/reconcile-mcpserver/config.ts';
import { serverDeployment } from '../../functions/reconcile-mcpserver/deployment.ts';
import { discoveryJob } from '../../functions/reconcile-mcpserver/discovery-job.ts';
import { channelDeployment } from '../../functions/reconcile-sympoziuminstance/channel-deployment.ts';
import { loadInstanceConfig } from '../../functions/reconcile-sympoziuminstance/config.ts';

const ENVIRONMENT = { SYMPOZIUM_IMAGE_REGISTRY: 'mirror.example/team', SYMPOZIUM_IMAGE_TAG: 'v9' };
const metadata = { name: 'one', namespace: 'team', uid: 'u' };

/** Every image that anything within names. */
function imagesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) =>
    key === 'image' && typeof part === 'string' ? [part] : imagesIn(part),
  );
}

it('takes every image of its own from one registry with one tag, whatever makes the pod [CTL-WX6] [RUN-W51]', () => {
  const instance = anInstance({ mcpServers: [{ name: 'x', url: 'http://x', toolsPrefix: 'x', timeout: 30 }] });
  const primary = anAgentRun({ spec: { sandbox: { enabled: true } } });
  const build = buildOf(aStarting({ primary, instance }), loadRunConfig(ENVIRONMENT));
  const deployment = { image: 'registry.example/theirs:1', cmd: 'serve' };
  const server = McpServerSchema.parse({
    apiVersion: API_VERSION,
    kind: 'MCPServer',
    metadata,
    spec: { transportType: 'stdio', toolsPrefix: 'x', deployment },
  });
  const mcp = loadMcpServerConfig(ENVIRONMENT);
  const chatty = SympoziumInstanceSchema.parse({
    apiVersion: API_VERSION,
    kind: 'SympoziumInstance',
    metadata,
    spec: { agents: { default: { model: 'm' } } },
  });
  const channel = (type: 'slack' | 'telegram') =>
    channelDeployment(chatty, { type, secret: '' }, loadInstanceConfig(ENVIRONMENT));
  const images = imagesIn([
    build && jobFor(build),
    serverDeployment({ primary: server, secrets: {} }, mcp),
    discoveryJob(server, { hash: 'h', job: 'j', file: '{}', answering: true }, mcp),
    channel('slack'),
    channel('telegram'),
  ]);
  const own = ['agent-runner', 'ipc-bridge', 'mcp-bridge', 'sandbox', 'channel-slack', 'channel-telegram'];
  const expected = own.map((name) => `mirror.example/team/${name}:v9`);
  expect(new Set(images)).toEqual(new Set([...expected, deployment.image]));
});
