import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AgentRun } from '../../crds/agentrun.ts';
import { KINDS } from '../../crds/group.ts';
import { LABELS } from '../../crds/labels.ts';
import type { McpServer } from '../../crds/mcpserver.ts';
import { anMcpServer, said } from '../../infra/pods/mcp-bridge/fixtures.ts';
import type { KubeClient } from '../../shared/kube/client.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { PODS, SECRETS } from '../../shared/kube/resources.ts';
import { createSession, type Session } from './session.ts';

const namespace = 'default';
const TOKEN = 'tok-canary-0123456789';
let session: Session;
let kube: KubeClient;

beforeAll(async () => {
  session = await createSession();
  await session.start();
  kube = session.kube();
}, 180_000);
afterAll(() => session.remove(), 60_000);

const apiVersion = 'sympozium.ai/v1alpha1';
const create = (kind: Parameters<KubeClient['create']>[0], object: object) =>
  kube.create(kind, object as KubeObject, { fieldManager: 'test' });

async function logsOf(run: string, containers: string[]): Promise<string> {
  const { items } = await kube.list(PODS, { namespace, labelSelector: `${LABELS.agentRun}=${run}` });
  const name = items[0]?.metadata.name ?? 'none';
  const logs = await Promise.all(containers.map((container) => kube.logs({ namespace, name }, { container })));
  return logs.join('\n');
}

it('lets a run use the tools of an MCP server that wants a token, and only those it may, though another server is dead [CTL-131] [CTL-132] [CTL-WM1] [RUN-062]', async () => {
  const wiki = await anMcpServer({
    token: TOKEN,
    tools: ['find', 'drop'],
    call: (tool, input) => said(`${tool} answers ${JSON.stringify(input)}`),
  });
  const docs = await anMcpServer({ tools: ['search'], call: () => said('found in the docs') });
  await create(SECRETS, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace, name: 'wiki' },
    stringData: { token: TOKEN },
  });
  await create(KINDS.MCPServer, {
    apiVersion,
    kind: 'MCPServer',
    metadata: { namespace, name: 'docs' },
    spec: { transportType: 'http', toolsPrefix: 'docs', url: docs.url },
  });
  const docsServer = async () => (await kube.get<McpServer>(KINDS.MCPServer, { namespace, name: 'docs' }))?.status;
  await expect.poll(async () => (await docsServer())?.tools, { timeout: 30_000 }).toEqual(['docs_search']);
  await create(KINDS.SympoziumInstance, {
    apiVersion,
    kind: 'SympoziumInstance',
    metadata: { namespace, name: 'reader' },
    spec: {
      agents: { default: { model: 'scripted' } },
      mcpServers: [
        { name: 'wiki', url: wiki.url, toolsPrefix: 'wiki', timeout: 10, authSecret: 'wiki', toolsDeny: ['drop'] },
        { name: 'docs', toolsPrefix: 'docs' },
        { name: 'dead', url: 'http://127.0.0.1:9/', toolsPrefix: 'dead' },
      ],
    },
  });
  await create(KINDS.AgentRun, {
    apiVersion,
    kind: 'AgentRun',
    metadata: { namespace, name: 'reads' },
    spec: {
      instanceRef: 'reader',
      agentId: 'primary',
      sessionKey: '',
      task: '[[call: wiki_find {"page":"MCP"}]][[call: docs_search {}]][[stall: 2s]][[call: wiki_drop {"page":"MCP"}]]',
      model: { provider: 'scripted', model: 'scripted', authSecretRef: '' },
    },
  });
  const status = async () => (await kube.get<AgentRun>(KINDS.AgentRun, { namespace, name: 'reads' }))?.status;
  // While the run still thinks: its pod goes soon after its end.
  await expect.poll(() => wiki.calls.length, { timeout: 60_000, interval: 50 }).toBe(1);
  const logs = await logsOf('reads', ['mcp-discover', 'mcp-bridge', 'agent', 'ipc-bridge']);
  expect(logs).toContain('Serving MCP calls');
  await expect.poll(async () => (await status())?.phase, { timeout: 30_000, interval: 200 }).toBe('Succeeded');
  expect((await status())?.result).toContain('find answers {"page":"MCP"}');
  expect((await status())?.result).toContain('found in the docs');
  expect(wiki.calls).toEqual([{ tool: 'find', input: { page: 'MCP' } }]);
  expect(logs + JSON.stringify(await status())).not.toContain(TOKEN);
});
