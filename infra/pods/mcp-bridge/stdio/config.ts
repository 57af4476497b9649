/** What the adapter of a stdio server is told (controllers.md 7.5). */
export interface AdapterConfig {
  command: string;
  args: string[];
  port: number;
  /** Name in the log. */
  name: string;
  /** Environment of the child, complete. */
  env: Record<string, string>;
}

type Env = Record<string, string | undefined>;

const CHILD_PREFIX = 'STDIO_ENV_';
/** What a child gets of the container's own environment. */
const INHERITED = /^(PATH$|HOME$|USER$|LANG$|LC_|NODE_|NPM_|HOSTNAME$|TERM$|SSL_CERT|CA_CERT|CURL_CA)/;

export function loadAdapterConfig(env: Env): AdapterConfig {
  const command = env['STDIO_CMD'] ?? '';
  if (command === '') throw new Error('STDIO_CMD must name the program that the adapter starts');
  return {
    command,
    args: argsOf(env),
    port: portOf(env['STDIO_PORT'] || '8080'),
    name: env['STDIO_SERVER_NAME'] || 'stdio-mcp-server',
    env: childEnvironment(env),
  };
}

function argsOf({ STDIO_ARGS_JSON: json = '', STDIO_ARGS: list = '' }: Env): string[] {
  if (json !== '') return argsIn(json);
  return list === '' ? [] : list.split(',');
}

/** Arguments that hold commas cannot come in `STDIO_ARGS` [CTL-WM6]. */
function argsIn(json: string): string[] {
  const args: unknown = JSON.parse(json);
  if (Array.isArray(args) && args.every((arg) => typeof arg === 'string')) return args;
  throw new Error('STDIO_ARGS_JSON must be a JSON array of strings');
}

function portOf(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port;
  throw new Error('STDIO_PORT must be a port number');
}

function childEnvironment(env: Env): Record<string, string> {
  const entries = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries([
    ...entries.filter(([name]) => INHERITED.test(name)),
    ...entries.flatMap(([name, value]) =>
      name.startsWith(CHILD_PREFIX) ? [[name.slice(CHILD_PREFIX.length), value] as const] : [],
    ),
  ]);
}
