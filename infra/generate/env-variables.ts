/** Variables of programs that have no schema for them. A contract test compares the names with those that the sources read. */
export interface EnvVariable {
  name: string;
  /** Markdown; absent when there is no default. */
  fallback?: string;
  meaning: string;
}

export interface EnvSection {
  title: string;
  about: string;
  variables: readonly EnvVariable[];
}

/** Name, default (Markdown, empty for none), meaning. */
const section = (title: string, about: string, rows: readonly (readonly [string, string, string])[]): EnvSection => ({
  title,
  about,
  variables: rows.map(([name, fallback, meaning]) => ({ name, fallback, meaning })),
});

export const PLATFORM_SECTIONS: readonly EnvSection[] = [
  section('Kubernetes', 'Functions, host and relay take the first that is there: a kubeconfig, the pod, EKS.', [
    [
      'KUBECONFIG',
      '',
      'Path of a kubeconfig file. A sign-in plug-in is run by the relay only; functions take tokens and certificates.',
    ],
    ['KUBERNETES_SERVICE_HOST', 'set in pods', "API server, for the pod's own ServiceAccount."],
    ['KUBERNETES_SERVICE_PORT', '`443`', 'Its port.'],
    ['EKS_CLUSTER_NAME', '', 'EKS cluster that tokens are made for. It needs the next two.'],
    ['KUBERNETES_SERVER', '', "Address of that cluster's API server."],
    ['KUBERNETES_CA', '', 'Its certificate authority: PEM, or base64 of it.'],
    ['AWS_REGION', 'set on Lambda', 'Region of STS, which EKS asks who signed.'],
    ['AWS_ACCESS_KEY_ID', 'set on Lambda', 'Identity that signs EKS tokens.'],
    ['AWS_SECRET_ACCESS_KEY', 'set on Lambda', 'Its key.'],
    ['AWS_SESSION_TOKEN', 'set on Lambda', 'Its session.'],
  ]),
  section(
    'Telemetry',
    'Functions, host and relay. The relay hands every other `OTEL_*` variable to the OpenTelemetry SDK.',
    [
      ['OTEL_EXPORTER_OTLP_ENDPOINT', '', 'OTLP/HTTP collector. Unset, nothing is measured or sent.'],
      ['OTEL_EXPORTER_OTLP_HEADERS', '', 'Headers sent to it, as `name=value,name=value`.'],
      ['OTEL_SERVICE_NAME', '`sympozium-controller`, relay: `sympozium-relay`', 'Service name of what is sent.'],
      ['OTEL_RESOURCE_ATTRIBUTES', '', 'More resource attributes, as `name=value,name=value`.'],
      [
        'AWS_LAMBDA_FUNCTION_NAME',
        'set on Lambda',
        'Set, a pass waits until its telemetry is sent, half a second at most.',
      ],
    ],
  ),
];

export const LOCAL_SECTIONS: readonly EnvSection[] = [
  section(
    '`npm start`',
    'Besides these, only `PATH`, `HOME`, `TMPDIR`, `TZ` and `LANG` reach the programs it starts.',
    [
      ['OPENAI_API_KEY', '', 'Key of the first instance; OpenAI answers.'],
      ['ANTHROPIC_API_KEY', '', 'The same with Anthropic, when that is not set.'],
      ['MODEL_BASE_URL', '', 'An OpenAI-compatible server. With a key it is where the key is used.'],
      ['OPENAI_BASE_URL', '', 'The same, when that is not set.'],
      [
        'MODEL_NAME',
        '`gpt-4o-mini`, `claude-sonnet-4-5` or `default`',
        'Model of the first instance. The default depends on what is set above.',
      ],
      ['NATS_SERVER', 'the first on `PATH`, else fetched', 'Path of the `nats-server` to start.'],
      ['XDG_CACHE_HOME', '`~/.cache`', 'A fetched `nats-server` is kept in `sympozium/bin` below it.'],
      ['PATH', '', 'Where `nats-server` is looked for.'],
      ['HOME', '', 'Passed on.'],
      ['TMPDIR', '', 'Passed on.'],
      ['TZ', '', 'Passed on, to pods too.'],
      ['LANG', '', 'Passed on.'],
    ],
  ),
  section('The embedded cluster', '`node infra/local/cluster/main.ts`; each is also an option of that program.', [
    ['CLUSTER_DATA_DIR', '`.sympozium/cluster`', 'Folder of its state.'],
    ['CLUSTER_PORT', 'any free one', 'Port of the API server.'],
    ['CLUSTER_TOKEN', 'made up once', "The administrator's token."],
    ['CLUSTER_PROGRAMS', '`dist/pods`', 'Folder of the bundles that images stand for.'],
    ['CLUSTER_ISOLATION', 'the strongest that works', '`bwrap`, `unshare` or `none`.'],
    ['CLUSTER_ALLOW_HOST_COMMANDS', '', "`true` lets containers run this machine's commands even without isolation."],
    ['CLUSTER_ALLOW_HOST_PATH', '', '`true` lets pods mount folders of this machine.'],
  ]),
  section('`npm run images`', 'Only where images go into the cluster test kit.', [
    ['KIT_CACHE', '`/var/cache/kubekit`', 'Where the kit keeps its images.'],
  ]),
  section('The client', '', [
    ['SYMPOZIUM_URL', 'what `npm start` wrote', 'The API.'],
    ['SYMPOZIUM_TOKEN', 'what `npm start` wrote', 'Its token.'],
    ['NO_COLOR', '', 'Anything: no colours.'],
    ['TERM', '', '`dumb`: no colours.'],
  ]),
];

const RUN: readonly (readonly [string, string, string])[] = [
  ['AGENT_RUN_ID', '', 'Name of the run. The bridge needs it.'],
  ['INSTANCE_NAME', '', 'Name of its instance.'],
  ['AGENT_NAMESPACE', '', 'Namespace of both.'],
  ['TRACEPARENT', '', 'W3C trace context that spans and messages join.'],
];

const MCP: readonly (readonly [string, string, string])[] = [
  ['MCP_ENABLED', '', '`true`: a manifest of MCP tools will appear in `/ipc/tools`.'],
  ['MCP_CONFIG_PATH', '', 'Anything: the same.'],
];

const ROOTFS_MAP: readonly [string, string, string] = [
  'SYMPOZIUM_ROOTFS_MAP',
  '',
  'Set by the embedded cluster where it has no isolation: JSON from mount path to folder of the machine.',
];

export const POD_SECTIONS: readonly EnvSection[] = [
  section('Pods: `agent-runner`', 'Set by the control plane; see the [run contract](run-contract.md).', [
    ...RUN,
    ['TASK', 'from `/ipc/input/task.json`', 'The task.'],
    ['SYSTEM_PROMPT', '`You are a helpful AI assistant.`', 'The system prompt.'],
    ['MODEL_PROVIDER', '`openai`', 'Provider of the model; `scripted` needs no key.'],
    ['MODEL_NAME', '`gpt-4o-mini`', 'The model.'],
    ['MODEL_BASE_URL', "the provider's own", 'Address of the provider.'],
    ['THINKING_MODE', '', 'How much the model thinks: `off`, `low`, `medium`, `high`.'],
    ['API_KEY', '', "The provider's key, as the next four: the first that is set counts."],
    ['OPENAI_API_KEY', '', ''],
    ['ANTHROPIC_API_KEY', '', ''],
    ['AZURE_OPENAI_API_KEY', '', ''],
    ['PROVIDER_API_KEY', '', ''],
    ['AZURE_OPENAI_API_VERSION', '`2024-06-01`', "Version of Azure's API."],
    ['RUN_TIMEOUT', '`10m`, on own hardware `30m`', 'Time-out of the run, as a Go duration.'],
    ['LLM_REQUEST_TIMEOUT', 'none, on own hardware `5m`', 'Time-out of one request to the model.'],
    ['LLM_MAX_RETRIES', '`5`, on own hardware `2`', 'Retries of one request.'],
    ['MAX_TOOL_ITERATIONS', '`50`', 'Turns with tool calls before the run gives up.'],
    ['TOOLS_ENABLED', '`true`', 'Anything else: a model without tools.'],
    ['TOOLS_ALLOW', 'all', 'Names of the tools that the agent may use, parted by commas.'],
    ['TOOLS_DENY', '', 'Names of tools that it may not use, likewise.'],
    [
      'SKILL_EXECUTORS',
      'those that announce themselves',
      'Names of the skill sidecars that run commands, parted by commas.',
    ],
    ...MCP,
    ['MEMORY_ENABLED', '', "`true`: the instance's memory is in `/memory`, and the runner prints a memory block."],
    [
      'MEMORY_SERVER_URL',
      '',
      "The instance's memory: recalled at the start, its tools, and successful answers are kept.",
    ],
    ['WORKFLOW_MEMORY_SERVER_URL', '', 'The memory that the personas of a pack share, likewise.'],
    ['WORKFLOW_MEMORY_ACCESS', '`read-write`', '`read-only`: the tool that would write there is not offered.'],
    ['SOURCE_CHANNEL', '', 'Channel that the task came from.'],
    ['SOURCE_CHAT_ID', '', 'Chat that the task came from.'],
    ['PERSONA_PACK_NAME', '', 'Persona pack of the instance.'],
    ['DEBUG', '', '`true`: memory blocks stay in the answer.'],
    ['SYMPOZIUM_OTEL_ENABLED', '', '`true`, with an endpoint: spans are sent.'],
    ['SYMPOZIUM_OTEL_OTLP_ENDPOINT', '', 'The collector, before `OTEL_EXPORTER_OTLP_ENDPOINT`.'],
    ['SYMPOZIUM_OTEL_SERVICE_NAME', '`sympozium-agent-runner`', 'Service name, before `OTEL_SERVICE_NAME`.'],
    ['SYMPOZIUM_OTEL_RESOURCE_ATTRIBUTES', '', 'Resource attributes, before `OTEL_RESOURCE_ATTRIBUTES`.'],
    ROOTFS_MAP,
  ]),
  section('Pods: `ipc-bridge`', '', [
    ...RUN,
    ['EVENT_BUS_URL', '`nats://nats.sympozium-system.svc:4222`', 'Address of NATS; several are parted by commas.'],
    ['EVENT_BUS_CREDENTIALS', '', 'NATS credentials (JWT and seed). Unset, NATS must let the bridge in.'],
    ['RUN_SUBJECT', '', "The run's own subject. Unset, the bridge uses the subjects shared by all runs."],
    ['GATE_SUPPRESS_COMPLETION', '', '`true`: result and stream stay in the pod, for a hook to decide about.'],
    ['HOSTNAME', 'set in containers', "Tells runs of one name apart where there is no subject of the run's own."],
    ...MCP,
    ROOTFS_MAP,
  ]),
  section(
    'Pods: `mcp-bridge`',
    'Besides these, the variables that `auth.secretKey` of its configuration names, with the tokens of servers.',
    [
      ['MCP_CONFIG_PATH', '`/config/mcp-servers.yaml`', 'The servers; see [MCP servers](mcp.md).'],
      ['MCP_IPC_PATH', '`/ipc/tools`', 'Folder of requests and results.'],
      ['MCP_MANIFEST_PATH', '`/ipc/tools/mcp-tools.json`', 'Where the manifest of tools goes.'],
      ['MCP_DISCOVER_ONLY', '', '`true`: write the manifest and end.'],
      ['TOOLS_ALLOW', 'all', 'Names of the tools that may be called, with their prefix, parted by commas.'],
      ['TOOLS_DENY', '', 'Names of tools that may not be called, likewise.'],
      ['TRACEPARENT', '', 'W3C trace context, sent to the servers.'],
      ROOTFS_MAP,
    ],
  ),
  section('Pods: `mcp-bridge --stdio-adapter`', 'In the pod of an MCPServer whose transport is `stdio`.', [
    ['MCP_STDIO_ADAPTER', '', '`true`: the same as the option.'],
    ['STDIO_CMD', '', 'Program of the server. Needed.'],
    ['STDIO_ARGS', '', 'Its arguments, parted by commas.'],
    ['STDIO_ARGS_JSON', '', 'Its arguments as a JSON array, when any holds a comma. It counts before the other.'],
    ['STDIO_PORT', '`8080`', 'Port that the adapter listens on.'],
    ['STDIO_SERVER_NAME', '`stdio-mcp-server`', 'Name of the server in the log.'],
    ['STDIO_ENV_', '', 'With a name after it: that variable of the server, such as `STDIO_ENV_API_TOKEN`.'],
  ]),
  section('Pods: `skill-executor`', 'Commands get its environment, without the last two.', [
    ['SKILL_NAME', '`default`', 'Name under which it announces itself and takes requests.'],
    ['EXEC_NAMED_ONLY', '', '`true`: leaves commands that name no executor to others.'],
    ['EXEC_TIMEOUT_DEFAULT', '`30`', 'Seconds for a command that asks for none.'],
    ['EXEC_TIMEOUT_MAX', '`120`', 'Seconds that a command gets at most.'],
    [
      'SYMPOZIUM_ISOLATION',
      '',
      'Set by the embedded cluster: `bwrap`, `unshare` or `none`. With `none` commands are refused.',
    ],
    ['SYMPOZIUM_ALLOW_HOST_COMMANDS', '', '`true`: they are not.'],
    ROOTFS_MAP,
  ]),
];
