import { RUN_REASONS } from '../../../crds/conditions.ts';
import type { McpServer } from '../../../crds/mcpserver.ts';
import type { SympoziumInstance } from '../../../crds/sympoziuminstance.ts';
import { mcpAccessLabel } from '../../../shared/pods/mcp-access.ts';
import { failure } from '../failure.ts';
import type { Starting } from '../observed.ts';
import type { Missing } from '../start/admission.ts';

type McpServerRef = NonNullable<SympoziumInstance['spec']['mcpServers']>[number];

/** A server whose tools the run gets. `timeout` in seconds. */
export interface ResolvedMcpServer {
  name: string;
  url: string;
  toolsPrefix: string;
  timeout: number;
  auth?: { secret: string; key: string };
  headers: Record<string, string>;
  toolsAllow: string[];
  toolsDeny: string[];
  /** Label that lets a pod connect, where the cluster runs the server. */
  accessLabel?: string;
}

const DEFAULT_TIMEOUT_SECONDS = 30;
const DEFAULT_KEY = 'token';
/** A server that was applied with the run needs a moment for its image and its first answer. */
const READY_GRACE_SECONDS = 120;

const refsOf = (instance: SympoziumInstance): McpServerRef[] => instance.spec.mcpServers ?? [];

const isInline = ({ url = '' }: McpServerRef): boolean => url !== '';

/** Names of the MCPServers that an instance refers to. */
export const mcpServerNames = (instance: SympoziumInstance): string[] => [
  ...new Set(refsOf(instance).flatMap((ref) => (isInline(ref) ? [] : [ref.name]))),
];

/**
 * The servers of an instance, in its order (AgentRun spec, 3.7). What the reference leaves empty comes from the MCPServer;
 * lists replace each other, they are never merged.
 */
export function mcpServersOf(
  instance: SympoziumInstance,
  found: Readonly<Record<string, McpServer>>,
): ResolvedMcpServer[] {
  return refsOf(instance).flatMap((ref) => {
    const server = isInline(ref) ? undefined : found[ref.name];
    const url = ref.url || (server?.status?.url ?? '');
    if (url === '') return [];
    const { authSecret = '', authKey = '', headers = {} } = ref;
    return [
      {
        name: ref.name,
        url,
        toolsPrefix: ref.toolsPrefix || (server?.spec.toolsPrefix ?? ''),
        timeout: ref.timeout > 0 ? ref.timeout : DEFAULT_TIMEOUT_SECONDS,
        ...(authSecret !== '' && { auth: { secret: authSecret, key: authKey || DEFAULT_KEY } }),
        headers,
        toolsAllow: listOf(ref.toolsAllow, server?.spec.toolsAllow),
        toolsDeny: listOf(ref.toolsDeny, server?.spec.toolsDeny),
        ...(server !== undefined && !server.spec.url && { accessLabel: mcpAccessLabel(server.metadata) }),
      },
    ];
  });
}

/** Labels that let a run's pod connect to its servers, and to no others. */
export const mcpAccessLabels = (servers: readonly ResolvedMcpServer[]): Record<string, string> =>
  Object.fromEntries(servers.flatMap(({ accessLabel }) => (accessLabel === undefined ? [] : [[accessLabel, 'true']])));

const listOf = (own: string[] = [], inherited: string[] = []): string[] => (own.length > 0 ? own : inherited);

/** The first reference to an MCPServer that no tools can come from: an agent without them would only seem to work. */
export function missingMcpServer({ primary, instance, mcpServers }: Starting, now: Date): Missing | undefined {
  if (instance === undefined) return undefined;
  const age = (now.getTime() - Date.parse(primary.metadata.creationTimestamp ?? '')) / 1000;
  for (const name of mcpServerNames(instance)) {
    const why = unusable(name, mcpServers[name]);
    if (why !== undefined) {
      const inSeconds = Number.isNaN(age) ? 0 : READY_GRACE_SECONDS - age;
      return { failure: failure(RUN_REASONS.mcpServerNotFound, why), inSeconds };
    }
  }
  return undefined;
}

function unusable(name: string, server: McpServer | undefined): string | undefined {
  if (server === undefined) return `MCPServer "${name}" not found`;
  const { ready, url = '', conditions = [] } = server.status ?? {};
  if (ready === true && url !== '') return undefined;
  const reason = conditions.find(({ type }) => type === 'Ready')?.message;
  return `MCPServer "${name}" is not ready${reason === undefined ? '' : `: ${reason}`}`;
}
