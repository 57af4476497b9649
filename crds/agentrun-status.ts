/** Status of an AgentRun: the original's fields, and `observedGeneration`, `resolution` and `resultTruncated` of ours. */
import * as z from 'zod';
import { LifecycleHooksSchema } from './lifecycle.ts';
import {
  conditions,
  duration,
  imagePullSecrets,
  int64,
  list,
  objectName,
  observedGeneration,
  prose,
  text,
  time,
} from './meta.ts';
import { ModelSchema } from './model.ts';
import { SkillRefSchema } from './skill-ref.ts';
import { EgressSchema } from './sympoziumpolicy.ts';
import { ToolPolicySchema } from './tool-policy.ts';

const TokenUsageSchema = z.object({
  inputTokens: int64().describe('inputTokens sent to the model.'),
  outputTokens: int64().describe('outputTokens that the model wrote.'),
  totalTokens: int64().describe('totalTokens is the sum of both.'),
  toolCalls: int64().describe('toolCalls that the agent made.'),
  durationMs: int64().describe('durationMs is the time that the agent took, in milliseconds.'),
});
export type TokenUsage = z.output<typeof TokenUsageSchema>;

const DelegateSchema = z.object({
  childRunName: objectName().describe('childRunName is the AgentRun delegated to.'),
  targetPersona: text().describe('targetPersona is the persona delegated to.'),
  phase: text().optional().describe('phase of that run when last seen.'),
  result: prose().optional().describe('result of that run.'),
  error: prose().optional().describe('error of that run.'),
});

const ResolvedPolicySchema = z.object({
  name: objectName().describe('name of the SympoziumPolicy.'),
  uid: text(64).optional().describe('uid of the SympoziumPolicy, which tells it from a later one of the same name.'),
  generation: int64().optional().describe('generation of the SympoziumPolicy that the run was admitted under.'),
});

const GrantSchema = z.object({
  skill: objectName().describe('skill whose sidecar may use the API server.'),
  namespaced: z.boolean().describe('namespaced says that it has rights in the namespace of the run.'),
  cluster: z.boolean().describe('cluster says that it has rights in the whole cluster.'),
});
export type Grant = z.output<typeof GrantSchema>;

const LimitSchema = z.object({
  max: z.int32().describe('max is how many runs may be at work at a time.'),
  subAgents: z.boolean().describe('subAgents says that only runs count which another run started.'),
  by: text().describe('by is the object that sets the limit, by kind and name.'),
});
export type Limit = z.output<typeof LimitSchema>;

const NetworkSchema = z.object({
  allowDNS: z.boolean().describe('allowDNS lets the agent resolve names.'),
  allowEventBus: z.boolean().describe('allowEventBus lets the pod reach the event bus.'),
  allowedEgress: list(EgressSchema, 4096).optional().describe('allowedEgress lists what else the agent may reach.'),
});

const ResolvedSandboxSchema = z.object({
  runtimeClass: text().optional().describe('runtimeClass of the pod; that of the cluster when absent.'),
});

const SandboxDefaultsSchema = z.object({
  image: text().optional().describe('image of a sandbox that names none.'),
  seccompProfile: text().optional().describe('seccompProfile of a run that names none, by type.'),
  runtimeClass: text().optional().describe('runtimeClass of a Sandbox that names none.'),
  maxCPU: text(64).optional().describe('maxCPU of a sandbox, as a quantity.'),
  maxMemory: text(64).optional().describe('maxMemory of a sandbox, as a quantity.'),
});

const SkillSecretSchema = z.object({
  skill: objectName().describe('skill whose sidecar sees the Secret as files.'),
  secret: objectName().describe('secret that was not found in the namespace of the run.'),
  copyOf: text(253)
    .optional()
    .describe('copyOf is the namespace that the run has a copy from; absent when it goes without.'),
});

const PostRunSchema = z.object({
  startedAt: time().describe('startedAt is when the postRun hooks began; their time-outs count from it.'),
  reason: text(1024).describe('reason that the run ends with, unless its gate decides otherwise.'),
  message: text(32_768).describe('message that goes with reason.'),
});

const DecisionSchema = z.object({
  field: text(64).describe('field of the resolution.'),
  from: text(1024).describe('from is who decided it: the run, an object by kind and name, or a default.'),
});
export type Decision = z.output<typeof DecisionSchema>;

/** What a run resolved to when it left Pending. Later passes read this, never the live instance. */
export const ResolutionSchema = z.object({
  skills: list(SkillRefSchema).describe('skills of the run, its own or those of its instance.'),
  timeout: duration().describe('timeout that counts, as a Go duration.'),
  systemPrompt: prose().describe('systemPrompt that counts. It may be empty.'),
  model: ModelSchema.describe('model that counts, with what the instance adds to it.'),
  lifecycle: LifecycleHooksSchema.optional().describe('lifecycle holds the hooks that count.'),
  imagePullSecrets: imagePullSecrets(),
  grants: list(GrantSchema)
    .optional()
    .describe('grants are the rights made for the sidecars of the run; they are taken back when it ends.'),
  skillSecrets: list(SkillSecretSchema)
    .optional()
    .describe('skillSecrets are the Secrets of skills that the namespace of the run does not have.'),
  mcpServers: list(text(253)).optional().describe('mcpServers whose tools the agent is offered, by name.'),
  postRun: PostRunSchema.optional().describe(
    'postRun is how the agent ended, kept while the postRun hooks are at work.',
  ),
  depth: z.int32().optional().describe('depth counts the runs above this one; absent when no run asked for it.'),
  personaPack: objectName().optional().describe('personaPack that the instance belongs to.'),
  sharedMemory: z
    .enum(['read-write', 'read-only'])
    .optional()
    .describe('sharedMemory is what the run may do with the memory of its pack; absent when there is none.'),
  policy: ResolvedPolicySchema.optional().describe(
    'policy that the run was admitted under; absent when there is none.',
  ),
  floor: ResolvedPolicySchema.optional().describe(
    'floor is the policy of the namespace that the run was admitted under; absent when there is none.',
  ),
  retries: z.int32().optional().describe('retries is how often the run may begin anew; absent when it may not.'),
  attempt: z.int32().optional().describe('attempt counts how often the run began anew; absent in its first.'),
  network: NetworkSchema.optional().describe('network that the policy leaves the run; absent when it closes nothing.'),
  sandboxDefaults: SandboxDefaultsSchema.optional().describe('sandboxDefaults are what the policy sets for sandboxes.'),
  agentSandbox: ResolvedSandboxSchema.optional().describe('agentSandbox is what runs the agent instead of a Job.'),
  podUID: text(64)
    .optional()
    .describe('podUID of the pod of the Sandbox; one that is made in its place is not the pod of the run.'),
  tools: ToolPolicySchema.optional().describe('tools that the run may use and may not; absent when all may be used.'),
  decisions: list(DecisionSchema, 64).optional().describe('decisions tell where what the run resolved to came from.'),
  limits: list(LimitSchema)
    .optional()
    .describe('limits on concurrent runs that the run holds a slot under; absent when there are none.'),
});
export type Resolution = z.output<typeof ResolutionSchema>;

/** Written only by the control plane, through the status subresource. Why a run ended is in the condition `Succeeded`. */
export const AgentRunStatusSchema = z.object({
  observedGeneration: observedGeneration(),
  phase: text(64)
    .optional()
    .describe('phase is Pending (or empty), Running, Serving, PostRunning, AwaitingDelegate, Succeeded or Failed.'),
  podName: objectName().optional().describe('podName is the pod of the agent.'),
  jobName: objectName().optional().describe('jobName is the Job of the run.'),
  sandboxName: objectName().optional().describe('sandboxName is the Sandbox of the run.'),
  sandboxClaimName: objectName().optional().describe('sandboxClaimName is the claim on a pool of Sandboxes.'),
  startedAt: time().optional().describe('startedAt is when the run left Pending.'),
  completedAt: time().optional().describe('completedAt is when the run ended.'),
  result: prose().optional().describe('result is the answer of the agent.'),
  resultTruncated: z.boolean().optional().describe('resultTruncated says that result was cut to the size limit.'),
  error: prose().optional().describe('error says what went wrong.'),
  exitCode: z.int32().optional().describe('exitCode that the postRun hooks are told.'),
  tokenUsage: TokenUsageSchema.optional().describe('tokenUsage counts what the run cost.'),
  deploymentName: objectName().optional().describe('deploymentName is the Deployment of a run in server mode.'),
  serviceName: objectName().optional().describe('serviceName is the Service of a run in server mode.'),
  traceID: text(64).optional().describe('traceID is the OpenTelemetry trace of the run.'),
  postRunJobName: objectName().optional().describe('postRunJobName is the Job of the postRun hooks.'),
  gateVerdict: text(64)
    .optional()
    .describe('gateVerdict is approved, rejected, rewritten, timeout, error or allowed-by-default.'),
  delegates: list(DelegateSchema, 1024).optional().describe('delegates are the runs that this one delegated to.'),
  resolution: ResolutionSchema.optional().describe('resolution is what the run resolved to when it left Pending.'),
  conditions: conditions(),
});
export type AgentRunStatus = z.output<typeof AgentRunStatusSchema>;
