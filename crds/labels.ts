/** Label, annotation and finalizer keys. They are a public contract (AgentRun spec, appendix B; controllers 0.4 to 0.6). */

export const LABELS = {
  /** Instance name: on runs and on everything made for them. */
  instance: 'sympozium.ai/instance',
  /** Run name: on every child of a run. A name over 63 characters is cut and hashed. */
  agentRun: 'sympozium.ai/agent-run',
  /** What a workload is; one of `COMPONENTS`. */
  component: 'sympozium.ai/component',
  /** Where a run came from: `channel` or `web-proxy`; on a schedule: `agent`. */
  source: 'sympozium.ai/source',
  /** Channel type of a run that a chat message started. */
  sourceChannel: 'sympozium.ai/source-channel',
  /** Channel type of a channel's workload. */
  channel: 'sympozium.ai/channel',
  /** Schedule that made the run. */
  schedule: 'sympozium.ai/schedule',
  /** `spec.type` of the schedule that made the run. */
  type: 'sympozium.ai/type',
  /** SkillPack that a Role or a binding was made for. */
  skill: 'sympozium.ai/skill',
  /** SkillPack that a ConfigMap was made from. */
  skillPack: 'sympozium.ai/skillpack',
  managedBy: 'sympozium.ai/managed-by',
  /** Ours, `true` on a ClusterRole: what runs may be given, by whoever may lend it. */
  grantable: 'sympozium.ai/grantable',
  /** Ours, on a Namespace: SympoziumPolicy of the system namespace that binds all runs there. */
  policy: 'sympozium.ai/policy',
  /** Set by the mutating webhook on a run; network policies select pods by it. */
  role: 'sympozium.ai/role',
  /** Ours, on pods of runs: `policy` where a network policy of their own closes their network. */
  network: 'sympozium.ai/network',
  sandbox: 'sympozium.ai/sandbox',
  agentSandbox: 'sympozium.ai/agent-sandbox',
  personaPack: 'sympozium.ai/persona-pack',
  persona: 'sympozium.ai/persona',
  /** `true` on the ConfigMaps that seed an agent's memory. */
  memory: 'sympozium.ai/memory',
  agentId: 'sympozium.ai/agent-id',
  parentRun: 'sympozium.ai/parent-run',
  /** Marks shipped content. */
  builtin: 'sympozium.ai/builtin',
  category: 'sympozium.ai/category',
  catalog: 'sympozium.ai/catalog',
  /** Ours. `true` once the terminal event of a run is acknowledged by the bus; watches leave such runs out. */
  finished: 'sympozium.ai/finished',
  appName: 'app.kubernetes.io/name',
  appInstance: 'app.kubernetes.io/instance',
  appPartOf: 'app.kubernetes.io/part-of',
  appManagedBy: 'app.kubernetes.io/managed-by',
} as const;

/** Values of `LABELS.component`. */
export const COMPONENTS = {
  agentRun: 'agent-run',
  agentServer: 'agent-server',
  postRun: 'post-run',
  lifecycle: 'lifecycle',
  workspace: 'workspace',
  mcpConfig: 'mcp-config',
  channel: 'channel',
  memory: 'memory',
  memoryDb: 'memory-db',
  sharedMemory: 'shared-memory',
  webEndpoint: 'web-endpoint',
  webProxy: 'web-proxy',
  skillPack: 'skillpack',
  skillPackMirror: 'skillpack-mirror',
} as const;

export const ANNOTATIONS = {
  /** Channel type that the reply to a run goes to. */
  replyChannel: 'sympozium.ai/reply-channel',
  /** Chat that the reply to a run goes to. */
  replyChatId: 'sympozium.ai/reply-chat-id',
  senderName: 'sympozium.ai/sender-name',
  senderId: 'sympozium.ai/sender-id',
  /** JSON verdict of a gate hook: `{ action: approve | reject | rewrite, response?, reason? }`. */
  gateVerdict: 'sympozium.ai/gate-verdict',
  /** Written by the original's mutating webhook; read by nobody. */
  disableServiceAccountToken: 'sympozium.ai/disable-sa-token',
  /** W3C trace context of whoever created the run. */
  traceparent: 'otel.dev/traceparent',
  /** Ours, on a run's Job: the resolved spec as JSON, so that a cut pass adopts it instead of resolving anew. */
  resolution: 'sympozium.ai/resolution',
  /** Ours, on a run that an agent asked for: the id of the request, which its answer goes back with. */
  spawnRequest: 'sympozium.ai/spawn-request',
  /** Ours, `true` on a run whose agent asked for other runs. */
  delegates: 'sympozium.ai/delegates',
  /** Ours, on a run: when its Job was about to be made, RFC 3339. */
  begun: 'sympozium.ai/begun',
  /** The same of the Job of its hooks. */
  hooksBegun: 'sympozium.ai/hooks-begun',
  /** Ours, on objects made for others: a hash of what they were last built as. */
  applied: 'sympozium.ai/applied',
  /** Ours, on pods of MCP servers: a hash of the versions of their Secrets, so that new ones start new pods. */
  secrets: 'sympozium.ai/secrets',
  /** Ours, on pods that ask MCP servers for their tools: the configuration of their bridge. */
  mcpServers: 'sympozium.ai/mcp-servers',
  certManagerClusterIssuer: 'cert-manager.io/cluster-issuer',
} as const;

/** Annotations that the node probe keeps on Nodes. */
export const NODE_ANNOTATION_PREFIX = 'sympozium.ai/inference-';

export const FINALIZERS = {
  agentRun: 'sympozium.ai/agentrun-finalizer',
  sympoziumInstance: 'sympozium.ai/finalizer',
  skillPack: 'sympozium.ai/skillpack-finalizer',
  personaPack: 'sympozium.ai/personapack-finalizer',
  sympoziumSchedule: 'sympozium.ai/schedule-finalizer',
  sympoziumConfig: 'sympozium.ai/config-finalizer',
} as const;
