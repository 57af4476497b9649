/** AgentRun: one task for one agent, from start to answer (AgentRun spec, section 1). */
import * as z from 'zod';
import { AgentRunStatusSchema } from './agentrun-status.ts';
import { CONDITIONS } from './conditions.ts';
import { AGE, column, type KindDefinition, whyColumns } from './definition.ts';
import { KINDS } from './group.ts';
import { LifecycleHooksSchema } from './lifecycle.ts';
import {
  count,
  duration,
  imagePullSecrets,
  list,
  objectName,
  prose,
  resource,
  ruled,
  stringList,
  stringMap,
  text,
} from './meta.ts';
import { ModelSchema } from './model.ts';
import { StringResourcesSchema } from './resources.ts';
import { SkillRefSchema } from './skill-ref.ts';
import { ToolPolicySchema } from './tool-policy.ts';

const ParentSchema = z.object({
  runName: objectName().describe('runName is the AgentRun that asked for this one.'),
  sessionKey: text().describe('sessionKey of the parent run.'),
  spawnDepth: count().describe('spawnDepth counts the ancestors of this run.'),
});

const SandboxSecurityContextSchema = z.object({
  readOnlyRootFilesystem: z
    .boolean()
    .optional()
    .describe('readOnlyRootFilesystem keeps the root file system as it is.'),
  runAsNonRoot: z.boolean().optional().describe('runAsNonRoot refuses an image that runs as root.'),
  capabilities: z
    .object({ drop: stringList().optional().describe('drop lists the capabilities taken away.') })
    .optional()
    .describe('capabilities of the sandbox.'),
  seccompProfile: z
    .object({ type: text().optional().describe('type of the profile, such as RuntimeDefault.') })
    .optional()
    .describe('seccompProfile of the whole pod; it counts even when the sandbox is off.'),
});

const SandboxSchema = z.object({
  enabled: z.boolean().describe('enabled adds a sandbox container to the pod.'),
  image: text().optional().describe('image of the sandbox instead of the default one.'),
  securityContext: SandboxSecurityContextSchema.optional().describe('securityContext of the sandbox.'),
  resources: StringResourcesSchema.optional().describe('resources of the sandbox.'),
});

const AgentSandboxSchema = z.object({
  enabled: z.boolean().describe('enabled runs the agent in a Sandbox object instead of a Job.'),
  runtimeClass: text().optional().describe('runtimeClass of the pod of the Sandbox.'),
  warmPoolRef: objectName().optional().describe('warmPoolRef names the pool that a Sandbox is claimed from.'),
  resources: StringResourcesSchema.optional().describe('resources of the pod of the Sandbox.'),
});

/** "Required" means present: `agentId`, `sessionKey` and `model.authSecretRef` are empty in many runs. */
const SpecSchema = z.object({
  instanceRef: objectName().describe(
    'instanceRef names the SympoziumInstance, in the same namespace, that runs the task.',
  ),
  agentId: text().describe('agentId tells the agents of an instance apart, such as primary. It may be empty.'),
  sessionKey: text().describe('sessionKey names the conversation that the run belongs to. It may be empty.'),
  env: stringMap(1024, 131_072).optional().describe('env is set in the containers of the agent and of its hooks.'),
  parent: ParentSchema.optional().describe('parent is the run that asked for this one.'),
  task: prose().describe('task is the instruction given to the agent.'),
  systemPrompt: prose().optional().describe('systemPrompt is put before the task.'),
  model: ModelSchema.describe('model that the agent thinks with.'),
  sandbox: SandboxSchema.optional().describe('sandbox gives the agent a container of its own for commands.'),
  agentSandbox: AgentSandboxSchema.optional().describe('agentSandbox runs the agent through the agent-sandbox API.'),
  skills: list(SkillRefSchema).optional().describe('skills of the agent; those of the instance when absent.'),
  toolPolicy: ToolPolicySchema.optional().describe('toolPolicy says which tools the agent may use.'),
  timeout: duration().optional().describe('timeout bounds the run, as a Go duration such as 10m.'),
  cleanup: z
    .enum(['delete', 'keep'])
    .default('delete')
    .describe('cleanup says what becomes of the objects of the run once it has ended.'),
  mode: z
    .enum(['task', 'server'])
    .default('task')
    .describe('mode is task for a run that ends with an answer, server for one that serves until deleted.'),
  imagePullSecrets: imagePullSecrets(),
  lifecycle: LifecycleHooksSchema.optional().describe('lifecycle holds the hooks before and after the agent.'),
  cancel: z
    .boolean()
    .optional()
    .describe('cancel ends the run at once and keeps it as failed; a run that has ended stays as it is.'),
});

export const AgentRunSpecSchema = ruled(SpecSchema, {
  rule: "self.mode != 'server' || !has(self.agentSandbox) || !self.agentSandbox.enabled",
  message: 'agentSandbox is not supported with mode server',
  fieldPath: '.agentSandbox',
});

export const AgentRunSchema = resource('AgentRun', AgentRunSpecSchema, AgentRunStatusSchema);

/** As the API server gives it back: defaults are filled in. */
export type AgentRun = z.output<typeof AgentRunSchema>;
export type AgentRunSpec = z.output<typeof AgentRunSpecSchema>;
/** As people write it: fields with a default may be absent. */
export type AgentRunInput = z.input<typeof AgentRunSchema>;

export const agentRunDefinition: KindDefinition = {
  names: KINDS.AgentRun,
  description: 'AgentRun is one task for one agent.',
  spec: AgentRunSpecSchema,
  status: AgentRunStatusSchema,
  printerColumns: [
    column('Instance', '.spec.instanceRef'),
    column('Phase', '.status.phase'),
    column('Pod', '.status.podName'),
    AGE,
    ...whyColumns(CONDITIONS.succeeded),
  ],
  selectableFields: ['.status.phase', '.spec.instanceRef'],
};
