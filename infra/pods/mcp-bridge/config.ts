import { parse } from 'yaml';
import { z } from 'zod';
import { type ToolAccess, toolAccessFrom } from '../../../shared/pods/tool-access.ts';

type Env = Record<string, string | undefined>;

/** What the bridge of a run is told. Paths are the container's. */
export interface BridgeConfig {
  configPath: string;
  requestsPath: string;
  manifestPath: string;
  /** Write the manifest and end. */
  discoverOnly: boolean;
  /** What the run's policy allows, by the names that the agent knows. */
  access: ToolAccess;
  traceparent: string | undefined;
}

export function loadBridgeConfig(env: Env): BridgeConfig {
  return {
    configPath: env['MCP_CONFIG_PATH'] || '/config/mcp-servers.yaml',
    requestsPath: env['MCP_IPC_PATH'] || '/ipc/tools',
    manifestPath: env['MCP_MANIFEST_PATH'] || '/ipc/tools/mcp-tools.json',
    discoverOnly: env['MCP_DISCOVER_ONLY'] === 'true',
    access: toolAccessFrom(env),
    traceparent: env['TRACEPARENT'] || undefined,
  };
}

/** A server to connect to (controllers.md 7.3). */
export interface McpServerConfig {
  name: string;
  url: string;
  toolsPrefix: string;
  timeoutMs: number;
  auth?: ServerAuth;
  headers: Record<string, string>;
  toolsAllow: readonly string[];
  toolsDeny: readonly string[];
}

interface ServerAuth {
  /** Name of the header that carries the token. */
  header: string;
  /** What comes before the token. */
  scheme: '' | 'Bearer ';
  /** The variable that it was read from. */
  variable: string;
  /** Absent when the variable is empty: the Secret or its key does not exist. */
  token: string | undefined;
}

const DEFAULT_TIMEOUT_SECONDS = 90;
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;

const authSchema = z
  .object({
    type: z.enum(['bearer', 'header'], { error: 'must be bearer or header' }),
    secretKey: z.string().nullish(),
    // What the original's control plane wrote, and its bridge did not read [CTL-WM1].
    tokenEnv: z.string().nullish(),
    headerName: z.string().regex(HEADER_NAME, 'must be the name of an HTTP header').nullish(),
  })
  .refine(({ secretKey, tokenEnv }) => Boolean(secretKey || tokenEnv), {
    path: ['secretKey'],
    message: 'must name the environment variable that holds the token',
  })
  .refine(({ type, headerName }) => type !== 'header' || Boolean(headerName), {
    path: ['headerName'],
    message: 'must name the header when the type is header',
  });

const serverSchema = z.object({
  name: z.string('must be set').min(1, 'must be set'),
  url: z.string('must be set').superRefine((url, context) => {
    const problem = problemOf(url);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  }),
  transport: z.literal('streamable-http', { error: 'must be streamable-http' }).nullish(),
  toolsPrefix: z.string('must be set').min(1, 'must be set'),
  timeout: z.number().nullish(),
  auth: authSchema.nullish(),
  headers: z.record(z.string().regex(HEADER_NAME), z.string()).nullish(),
  toolsAllow: z.array(z.string()).nullish(),
  toolsDeny: z.array(z.string()).nullish(),
});

const fileSchema = z
  .object({ servers: z.array(serverSchema).nullish() })
  .nullish()
  .superRefine((file, context) => {
    for (const field of ['name', 'toolsPrefix'] as const) {
      const seen = new Set<string>();
      for (const [index, server] of (file?.servers ?? []).entries()) {
        if (seen.has(server[field])) {
          const message = `must be unique; "${server[field]}" is there twice`;
          context.addIssue({ code: 'custom', path: ['servers', index, field], message });
        }
        seen.add(server[field]);
      }
    }
  });

/** Reads `mcp-servers.yaml`. Throws what is wrong, by field; never with a value that could be a secret. */
export function parseServers(text: string, env: Env): McpServerConfig[] {
  const file = fileSchema.safeParse(yamlOf(text));
  if (!file.success) {
    throw new Error(file.error.issues.map(({ path, message }) => `${pathText(path)}: ${message}`).join('; '));
  }
  return (file.data?.servers ?? []).map(({ timeout, auth, headers, toolsAllow, toolsDeny, ...server }) => ({
    name: server.name,
    url: server.url,
    toolsPrefix: server.toolsPrefix,
    timeoutMs: (timeout && timeout > 0 ? timeout : DEFAULT_TIMEOUT_SECONDS) * 1000,
    ...(auth && { auth: authOf(auth, env) }),
    headers: headers ?? {},
    toolsAllow: toolsAllow ?? [],
    toolsDeny: toolsDeny ?? [],
  }));
}

function authOf({ type, secretKey, tokenEnv, headerName }: z.output<typeof authSchema>, env: Env): ServerAuth {
  const variable = secretKey || tokenEnv || '';
  const token = env[variable]?.trim() || undefined;
  return type === 'header'
    ? { header: headerName ?? '', scheme: '', variable, token }
    : { header: 'Authorization', scheme: 'Bearer ', variable, token };
}

/** Values that no log and no result may show: tokens, and headers that look as if they held one. */
export function secretsOf(servers: readonly McpServerConfig[]): string[] {
  return servers.flatMap(({ auth, headers }) => [
    ...(auth?.token === undefined ? [] : [auth.token]),
    ...Object.entries(headers).flatMap(([name, value]) => (/auth|key|token|secret|cookie/i.test(name) ? [value] : [])),
  ]);
}

function problemOf(text: string): string | undefined {
  if (!URL.canParse(text)) return 'must be an absolute http or https URL';
  const { protocol, username, password } = new URL(text);
  if (protocol !== 'http:' && protocol !== 'https:') return 'must be an http or https URL';
  if (username !== '' || password !== '') return 'must hold no user or password; use auth';
  return undefined;
}

function yamlOf(text: string): unknown {
  try {
    return parse(text);
  } catch {
    // The parser's own message quotes the text.
    throw new Error('the file is not YAML');
  }
}

const pathText = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '') || 'the file';
