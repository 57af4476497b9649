/** SympoziumInstance: an agent that stands ready, with its channels, skills and keys (controllers spec, 1.1). */
import * as z from 'zod';
import { AccessControlSchema } from './access-control.ts';
import { InstanceAgentSandboxSchema } from './agent-sandbox.ts';
import { AuthRefSchema } from './auth-ref.ts';
import { CONDITIONS } from './conditions.ts';
import { AGE, column, type KindDefinition, whyColumns } from './definition.ts';
import { KINDS } from './group.ts';
import { LifecycleHooksSchema } from './lifecycle.ts';
import {
  conditions,
  count,
  duration,
  imagePullSecrets,
  int64,
  list,
  listWithout,
  objectName,
  observedGeneration,
  prose,
  resource,
  ruled,
  stringList,
  stringMap,
  text,
  time,
} from './meta.ts';
import { ResourceRequirementsSchema } from './resources.ts';
import { SkillRefSchema } from './skill-ref.ts';
import { ToolPolicySchema } from './tool-policy.ts';

const ChannelSchema = z.object({
  type: text().describe('type of the channel: telegram, whatsapp, discord or slack.'),
  configRef: z
    .object({
      secret: objectName().describe('secret names the Secret with the credentials of the channel.'),
      provider: text().optional().describe('provider of the credentials. Not used.'),
    })
    .optional()
    .describe('configRef holds the credentials of the channel.'),
  accessControl: AccessControlSchema.optional().describe('accessControl says who is heard on the channel.'),
});

const SubagentsSchema = z.object({
  maxDepth: count().default(2).describe('maxDepth is how deep agents may start agents.'),
  maxConcurrent: count().default(5).describe('maxConcurrent is how many sub-agents run at a time.'),
  maxChildrenPerAgent: count().default(3).describe('maxChildrenPerAgent is how many sub-agents one agent may start.'),
});

const AgentProfileSchema = z.object({
  model: text().describe('model is the name that the provider knows it by.'),
  baseURL: text(8192).optional().describe('baseURL of an OpenAI-compatible endpoint.'),
  thinking: text().optional().describe('thinking is off, low, medium or high by convention.'),
  sandbox: z
    .object({
      enabled: z.boolean().describe('enabled gives runs a sandbox container.'),
      image: text().optional().describe('image of the sandbox.'),
      resources: ResourceRequirementsSchema.optional().describe('resources of the sandbox.'),
    })
    .optional()
    .describe('sandbox of the runs.'),
  agentSandbox: InstanceAgentSandboxSchema.optional().describe(
    'agentSandbox runs the agents through the agent-sandbox API.',
  ),
  subagents: SubagentsSchema.optional().describe('subagents bounds what agents may start.'),
  runTimeout: duration().optional().describe('runTimeout bounds runs that have no timeout, as a Go duration.'),
  nodeSelector: stringMap(256, 63).optional().describe('nodeSelector of the pods of the runs.'),
  lifecycle: LifecycleHooksSchema.optional().describe('lifecycle holds the hooks of the runs.'),
  toolPolicy: ToolPolicySchema.optional().describe('toolPolicy says which tools runs may use that say nothing of it.'),
});

const MemorySchema = z.object({
  enabled: z.boolean().default(true).describe('enabled keeps what agents should remember in a ConfigMap.'),
  maxSizeKB: z.int32().default(256).describe('maxSizeKB bounds the memory, in kilobytes.'),
  systemPrompt: prose().optional().describe('systemPrompt of the agent; personas keep theirs here.'),
});

const ObservabilitySchema = z.object({
  enabled: z.boolean().default(false).describe('enabled sends traces and metrics of the runs.'),
  otlpEndpoint: text(8192).optional().describe('otlpEndpoint is where they are sent.'),
  otlpProtocol: z.enum(['grpc', 'http/protobuf']).optional().describe('otlpProtocol is how they are sent.'),
  serviceName: text().optional().describe('serviceName that they carry.'),
  headers: stringMap().optional().describe('headers sent with them.'),
  headersSecretRef: objectName().optional().describe('headersSecretRef names a Secret with headers sent with them.'),
  samplingRatio: ruled(text(64), {
    rule: "self == '' || self.matches('^(0?[.][0-9]+|0|1|1[.]0+)$')",
    message: 'must be a number from 0 to 1',
  })
    .optional()
    .describe('samplingRatio is the share of traces kept, 0 to 1, as text.'),
  resourceAttributes: stringMap().optional().describe('resourceAttributes that they carry.'),
});

const McpServerRefSchema = z.object({
  name: z.string().min(1).max(253).describe('name of the server; that of an MCPServer unless url is given.'),
  url: text(8192).optional().describe('url of a server that is no MCPServer.'),
  toolsPrefix: z.string().min(1).max(253).describe('toolsPrefix is put before the names of its tools.'),
  timeout: z.int32().default(30).describe('timeout of a call, in seconds.'),
  authSecret: objectName().optional().describe('authSecret names the Secret with the bearer token.'),
  authKey: text(253).optional().describe('authKey is the key within that Secret; token when absent.'),
  headers: stringMap().optional().describe('headers sent with each call.'),
  toolsAllow: stringList().optional().describe('toolsAllow are the only tools offered, when any; without prefix.'),
  toolsDeny: stringList().optional().describe('toolsDeny are never offered; without prefix.'),
});

const WebEndpointSchema = z.object({
  enabled: z.boolean().default(false).describe('enabled is ignored: add the skill web-endpoint instead.'),
  hostname: text().optional().describe('hostname is ignored.'),
  authSecretRef: objectName().optional().describe('authSecretRef is ignored.'),
  rateLimit: z
    .object({
      requestsPerMinute: z.int32().default(60).describe('requestsPerMinute is ignored.'),
      burstSize: z.int32().default(10).describe('burstSize is ignored.'),
    })
    .optional()
    .describe('rateLimit is ignored.'),
});

export const SympoziumInstanceSpecSchema = z.object({
  channels: list(ChannelSchema).optional().describe('channels are the chats that the agent can be reached by.'),
  agents: z
    .object({ default: AgentProfileSchema.describe('default is the profile of all agents of the instance.') })
    .describe('agents of the instance.'),
  skills: list(SkillRefSchema).optional().describe('skills that the agents have.'),
  policyRef: objectName()
    .optional()
    .describe('policyRef names the SympoziumPolicy, in the same namespace, that binds the runs.'),
  authRefs: list(AuthRefSchema).optional().describe('authRefs are the keys of model providers.'),
  memory: MemorySchema.optional().describe('memory of the agents.'),
  observability: ObservabilitySchema.optional().describe('observability of the runs.'),
  mcpServers: listWithout('name', McpServerRefSchema)
    .optional()
    .describe('mcpServers offer their tools to the agents.'),
  webEndpoint: WebEndpointSchema.optional().describe(
    'webEndpoint is deprecated and ignored: add the skill web-endpoint instead.',
  ),
  imagePullSecrets: imagePullSecrets(),
});

const ChannelStatusSchema = z.object({
  type: text().describe('type of the channel.'),
  status: text(64).describe('status is Pending, Connected, Disconnected or Error.'),
  lastHealthCheck: time().optional().describe('lastHealthCheck is when the channel last reported.'),
  message: text(32_768).optional().describe('message explains the status.'),
});

export const SympoziumInstanceStatusSchema = z.object({
  observedGeneration: observedGeneration(),
  phase: text(64).optional().describe('phase is Pending, Running, Serving or Error.'),
  channels: list(ChannelStatusSchema).optional().describe('channels are the channels as last seen.'),
  activeAgentPods: z.int32().optional().describe('activeAgentPods counts the runs under way.'),
  totalAgentRuns: int64().optional().describe('totalAgentRuns counts the runs that exist.'),
  webEndpoint: z
    .object({
      status: text(64).describe('status of the endpoint.'),
      url: text(8192).optional().describe('url of the endpoint.'),
      authSecretName: objectName().optional().describe('authSecretName names the Secret with its key.'),
    })
    .optional()
    .describe('webEndpoint is never written.'),
  memory: z
    .object({
      configMapName: objectName().optional().describe('configMapName names the ConfigMap that holds MEMORY.md.'),
      server: text(64).optional().describe('server is Relay when agents can search a memory that the relay keeps.'),
    })
    .optional()
    .describe('memory says where the agents keep what they remember; absent when they have none.'),
  conditions: conditions(),
});

export const SympoziumInstanceSchema = resource(
  'SympoziumInstance',
  SympoziumInstanceSpecSchema,
  SympoziumInstanceStatusSchema,
);

/** As the API server gives it back: defaults are filled in. */
export type SympoziumInstance = z.output<typeof SympoziumInstanceSchema>;
export type SympoziumInstanceSpec = z.output<typeof SympoziumInstanceSpecSchema>;
export type SympoziumInstanceStatus = z.output<typeof SympoziumInstanceStatusSchema>;
/** As people write it: fields with a default may be absent. */
export type SympoziumInstanceInput = z.input<typeof SympoziumInstanceSchema>;

export const sympoziumInstanceDefinition: KindDefinition = {
  names: KINDS.SympoziumInstance,
  description: 'SympoziumInstance is an agent that stands ready, with its channels, skills and keys.',
  spec: SympoziumInstanceSpecSchema,
  status: SympoziumInstanceStatusSchema,
  printerColumns: [
    column('Phase', '.status.phase'),
    column('Active Agents', '.status.activeAgentPods', 'integer'),
    column('Total Runs', '.status.totalAgentRuns', 'integer'),
    AGE,
    ...whyColumns(CONDITIONS.ready),
  ],
  selectableFields: ['.spec.policyRef'],
};
