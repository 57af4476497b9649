/** PersonaPack: a team of agents that is installed with one switch (controllers spec, 1.2). */
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
  list,
  mapOf,
  objectName,
  observedGeneration,
  prose,
  quantityText,
  resource,
  stringList,
  stringMap,
  text,
} from './meta.ts';
import { ToolPolicySchema } from './tool-policy.ts';

const PersonaScheduleSchema = z.object({
  type: z
    .enum(['heartbeat', 'scheduled', 'sweep'])
    .default('heartbeat')
    .describe('type of the schedule: heartbeat, scheduled or sweep.'),
  interval: text().optional().describe('interval between runs, such as 30m; turned into cron.'),
  cron: text().optional().describe('cron has five fields and wins over interval.'),
  task: prose().describe('task of each run.'),
});

const PersonaMemorySchema = z.object({
  enabled: z.boolean().default(true).describe('enabled is ignored: personas always have a memory.'),
  seeds: list(prose(), 1024).optional().describe('seeds are what the memory begins with.'),
});

const PersonaWebEndpointSchema = z.object({
  enabled: z.boolean().describe('enabled gives the persona the skill web-endpoint.'),
  hostname: text().optional().describe('hostname that the endpoint is reached by.'),
});

const PersonaSchema = z.object({
  name: text().describe('name of the persona, the end of the name of its instance.'),
  displayName: text().optional().describe('displayName is for display.'),
  systemPrompt: prose().describe('systemPrompt makes the persona what it is.'),
  model: text().optional().describe('model of the persona; gpt-4o when empty.'),
  skills: stringList().optional().describe('skills are the SkillPacks of the persona.'),
  toolPolicy: ToolPolicySchema.optional().describe('toolPolicy says which tools the persona may use.'),
  schedule: PersonaScheduleSchema.optional().describe('schedule has the persona work on its own.'),
  memory: PersonaMemorySchema.optional().describe('memory of the persona.'),
  channels: stringList().optional().describe('channels that the persona is reached by.'),
  webEndpoint: PersonaWebEndpointSchema.optional().describe('webEndpoint serves the persona over HTTP.'),
  lifecycle: LifecycleHooksSchema.optional().describe('lifecycle holds the hooks of the runs of the persona.'),
});
export type Persona = z.output<typeof PersonaSchema>;

const SharedMemorySchema = z.object({
  enabled: z.boolean().default(false).describe('enabled gives the personas a memory in common.'),
  storageSize: quantityText().default('1Gi').describe('storageSize of that memory, as a quantity.'),
  accessRules: list(
    z.object({
      persona: text().describe('persona that the rule is about.'),
      access: z.enum(['read-write', 'read-only']).default('read-write').describe('access that the persona has.'),
    }),
    1024,
  )
    .optional()
    .describe('accessRules narrow what personas may do; read-write without one.'),
});

const RelationshipSchema = z.object({
  source: text().describe('source is the persona that acts.'),
  target: text().describe('target is the persona acted upon.'),
  type: z.enum(['delegation', 'sequential', 'supervision']).describe('type of the relationship.'),
  condition: prose().optional().describe('condition under which it holds, in words.'),
  timeout: text().optional().describe('timeout of what the source waits for.'),
  resultFormat: prose().optional().describe('resultFormat that the source wants.'),
});

export const PersonaPackSpecSchema = z.object({
  enabled: z.boolean().optional().describe('enabled installs the pack; a pack without it is a catalogue entry.'),
  description: prose().optional().describe('description of the pack, for display.'),
  category: text().optional().describe('category of the pack, for display.'),
  version: text().optional().describe('version of the pack, for display.'),
  personas: list(PersonaSchema, 1024).describe('personas of the pack, each one an instance.'),
  authRefs: list(AuthRefSchema).optional().describe('authRefs are the keys of model providers for all personas.'),
  excludePersonas: stringList().optional().describe('excludePersonas are not installed.'),
  channelConfigs: mapOf(objectName()).optional().describe('channelConfigs name the Secret of each channel, by type.'),
  policyRef: objectName().optional().describe('policyRef names the SympoziumPolicy that binds all personas.'),
  baseURL: text(8192).optional().describe('baseURL of an OpenAI-compatible endpoint for all personas.'),
  skillParams: mapOf(stringMap()).optional().describe('skillParams are the parameters of skills, by SkillPack.'),
  taskOverride: prose().optional().describe('taskOverride is put into the task of each schedule.'),
  channelAccessControl: mapOf(AccessControlSchema)
    .optional()
    .describe('channelAccessControl says who is heard, by channel type.'),
  agentSandbox: InstanceAgentSandboxSchema.optional().describe('agentSandbox runs the personas in Sandboxes.'),
  sharedMemory: SharedMemorySchema.optional().describe('sharedMemory of the personas.'),
  relationships: list(RelationshipSchema, 4096).optional().describe('relationships between personas.'),
  workflowType: z
    .enum(['autonomous', 'pipeline', 'delegation'])
    .default('autonomous')
    .describe('workflowType says how the personas work together.'),
});

const InstalledPersonaSchema = z.object({
  name: text().describe('name of the persona.'),
  instanceName: objectName().describe('instanceName is its SympoziumInstance.'),
  scheduleName: objectName().optional().describe('scheduleName is its SympoziumSchedule.'),
});

export const PersonaPackStatusSchema = z.object({
  observedGeneration: observedGeneration(),
  phase: text(64).optional().describe('phase is Inactive, Ready or Error.'),
  personaCount: z.int32().optional().describe('personaCount counts the personas of the pack.'),
  installedCount: z.int32().optional().describe('installedCount counts those installed.'),
  installedPersonas: list(InstalledPersonaSchema, 1024).optional().describe('installedPersonas are those installed.'),
  sharedMemoryReady: z.boolean().optional().describe('sharedMemoryReady says that the memory in common can be used.'),
  conditions: conditions(),
});

export const PersonaPackSchema = resource('PersonaPack', PersonaPackSpecSchema, PersonaPackStatusSchema);

/** As the API server gives it back: defaults are filled in. */
export type PersonaPack = z.output<typeof PersonaPackSchema>;
export type PersonaPackSpec = z.output<typeof PersonaPackSpecSchema>;
export type PersonaPackStatus = z.output<typeof PersonaPackStatusSchema>;
/** As people write it: fields with a default may be absent. */
export type PersonaPackInput = z.input<typeof PersonaPackSchema>;

export const personaPackDefinition: KindDefinition = {
  names: KINDS.PersonaPack,
  description: 'PersonaPack is a team of agents that is installed with one switch.',
  spec: PersonaPackSpecSchema,
  status: PersonaPackStatusSchema,
  printerColumns: [
    column('Enabled', '.spec.enabled', 'boolean'),
    column('Personas', '.status.personaCount', 'integer'),
    column('Installed', '.status.installedCount', 'integer'),
    column('Workflow', '.spec.workflowType'),
    column('Phase', '.status.phase'),
    AGE,
    ...whyColumns(CONDITIONS.ready),
  ],
};
