import { describe, expect, it } from 'vitest';
import type { McpServer, McpServerStatus } from '../../../crds/mcpserver.ts';
import type { SympoziumInstanceSpec } from '../../../crds/sympoziuminstance.ts';
import type { Container } from '../../../shared/pods/pod.ts';
import { aJob, anInstance, aStarting, CONFIG, later } from '../fixtures.ts';
import { planAgentRun } from '../plan.ts';

type Ref = NonNullable<SympoziumInstanceSpec['mcpServers']>[number];

const READY: McpServerStatus = { ready: true, url: 'http://wiki.team.svc:8080' };

function aServer(status?: McpServerStatus, spec: Partial<McpServer['spec']> = {}): McpServer {
  return {
    apiVersion: 'sympozium.ai/v1alpha1',
    kind: 'MCPServer',
    metadata: { name: 'wiki', namespace: 'team' },
    spec: { transportType: 'http', toolsPrefix: 'w', timeout: 60, replicas: 1, ...spec },
    ...(status !== undefined && { status }),
  };
}

const aRef = (ref: Partial<Ref> = {}): Ref => ({ name: 'wiki', toolsPrefix: 'wiki', timeout: 30, ...ref });
const starting = (refs: Ref[], mcpServers: Record<string, McpServer> = {}) =>
  aStarting({ instance: anInstance({ mcpServers: refs }), mcpServers });

const podOf = (...given: Parameters<typeof starting>) => aJob(starting(...given)).spec.template.spec;

function configOf(...given: Parameters<typeof starting>) {
  const { actions } = planAgentRun(starting(...given), later(1), CONFIG);
  const objects = actions.flatMap((action) => ('object' in action ? [action.object] : []));
  const found = objects.find(({ metadata }) => metadata.name === 'run-1-mcp-servers') as { data?: object } | undefined;
  return JSON.parse((found?.data as Record<string, string>)?.['mcp-servers.yaml'] ?? '{"servers":[]}').servers;
}

describe('the MCP servers of a run', () => {
  it('come from the reference, and from the MCPServer where that leaves a list empty', () => {
    const server = aServer(READY, { toolsAllow: ['read', 'search'], toolsDeny: ['drop'] });
    expect(configOf([aRef({ toolsDeny: ['write'] })], { wiki: server })).toEqual([
      {
        name: 'wiki',
        url: READY.url,
        toolsPrefix: 'wiki',
        timeout: 30,
        toolsAllow: ['read', 'search'],
        toolsDeny: ['write'],
      },
    ]);
  });

  it('have a time-out of 30 s when theirs is not above zero, and auth that bridges accept [RUN-063] [RUN-W04]', () => {
    const [entry] = configOf([aRef({ url: 'https://mcp.example/', timeout: 0, authSecret: 'mcp' })]);
    expect(entry).toMatchObject({ timeout: 30, auth: { type: 'bearer', secretKey: 'MCP_AUTH_WIKI' } });
  });

  it('have their token from the Secret, for the bridge alone [RUN-062]', () => {
    const { containers, initContainers = [] } = podOf([
      aRef({ name: 'foo-bar', url: 'https://mcp.example/', authSecret: 'mcp' }),
      aRef({ name: 'other', toolsPrefix: 'o', url: 'https://mcp.example/o', authSecret: 'mcp', authKey: 'key' }),
    ]);
    const tokens = ({ env = [] }: Container) => env.filter(({ name }) => name.startsWith('MCP_AUTH_'));
    const wanted = [
      { name: 'MCP_AUTH_FOO_BAR', valueFrom: { secretKeyRef: { name: 'mcp', key: 'token', optional: true } } },
      { name: 'MCP_AUTH_OTHER', valueFrom: { secretKeyRef: { name: 'mcp', key: 'key', optional: true } } },
    ];
    expect(initContainers.map(({ name }) => name)).toEqual(['mcp-discover']);
    expect(initContainers.map(tokens)).toEqual([wanted]);
    for (const one of containers) expect(tokens(one)).toEqual(one.name === 'mcp-bridge' ? wanted : []);
  });

  it('need no container when there are none', () => {
    const { containers, initContainers } = podOf([]);
    expect(initContainers).toBeUndefined();
    expect(containers.map(({ name }) => name)).toEqual(['agent', 'ipc-bridge']);
  });

  it.each([
    { what: 'does not exist', servers: {}, says: 'MCPServer "wiki" not found' },
    { what: 'has no status', servers: { wiki: aServer() }, says: 'MCPServer "wiki" is not ready' },
    {
      what: 'is not ready',
      servers: {
        wiki: aServer({
          ready: false,
          conditions: [
            {
              type: 'Ready',
              status: 'False',
              reason: 'NotReady',
              message: 'Waiting for deployment to become ready',
              lastTransitionTime: '2026-01-02T03:04:05Z',
            },
          ],
        }),
      },
      says: 'MCPServer "wiki" is not ready: Waiting for deployment to become ready',
    },
  ])('are waited for, then the run fails and says why, when one $what [RUN-061]', ({ servers, says }) => {
    const seen = starting([aRef(), aRef({ name: 'inline', toolsPrefix: 'i', url: 'https://mcp.example/' })], servers);
    expect(planAgentRun(seen, later(1), CONFIG)).toMatchObject({ actions: [], reason: says, requeueAfterSeconds: 119 });
    const { actions } = planAgentRun(seen, later(120), CONFIG);
    expect(actions).toContainEqual(
      expect.objectContaining({
        verb: 'applyStatus',
        status: expect.objectContaining({ phase: 'Failed', error: says }),
      }),
    );
    expect(actions.filter((action) => 'object' in action)).toEqual([]);
  });
});
