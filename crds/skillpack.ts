/** SkillPack: instructions for agents, and the sidecar with the tools that they need (controllers spec, 1.3). */
import * as z from 'zod';
import { CONDITIONS } from './conditions.ts';
import { AGE, column, type KindDefinition, whyColumns } from './definition.ts';
import { KINDS } from './group.ts';
import {
  absolutePath,
  conditions,
  EnvVarSchema,
  list,
  listWithout,
  objectName,
  observedGeneration,
  port,
  prose,
  quantityText,
  resource,
  ruled,
  stringList,
  text,
} from './meta.ts';
import { RbacRuleSchema } from './rbac.ts';

const SkillSchema = z.object({
  name: text().describe('name of the skill; its file is called <name>.md.'),
  description: prose().optional().describe('description of the skill, put before its content.'),
  requires: z
    .object({
      bins: stringList().optional().describe('bins are programs that the skill uses.'),
      tools: stringList().optional().describe('tools that the skill uses.'),
    })
    .optional()
    .describe('requires is informational.'),
  content: prose().describe('content is what the agent reads, in Markdown.'),
});

const RuntimeRequirementsSchema = z.object({
  image: text().optional().describe('image that has what the skills use.'),
  sandbox: z.boolean().optional().describe('sandbox says that the skills want one.'),
  minMemory: quantityText().optional().describe('minMemory that the skills want, as a quantity.'),
  minCPU: quantityText().optional().describe('minCPU that the skills want, as a quantity.'),
});

const HostMountSchema = z.object({
  hostPath: absolutePath().describe('hostPath is the path on the node.'),
  mountPath: absolutePath().describe('mountPath is the path in the sidecar.'),
  readOnly: z.boolean().default(true).describe('readOnly keeps the sidecar from writing there.'),
});

const HostAccessSchema = z.object({
  enabled: z.boolean().optional().describe('enabled switches on what the other fields ask for.'),
  hostNetwork: z.boolean().optional().describe('hostNetwork puts the pod into the network of the node.'),
  hostPID: z.boolean().optional().describe('hostPID shows the pod the processes of the node.'),
  privileged: z.boolean().optional().describe('privileged gives the sidecar the powers of root on the node.'),
  runAsRoot: z.boolean().optional().describe('runAsRoot runs the sidecar as user 0.'),
  mounts: list(HostMountSchema).optional().describe('mounts are paths of the node that the sidecar sees.'),
});

const SidecarPortSchema = z.object({
  name: text(253).describe('name of the port.'),
  containerPort: port().describe('containerPort that the sidecar listens on.'),
  protocol: ruled(text(16), { rule: "self in ['TCP', 'UDP', 'SCTP']", message: 'must be TCP, UDP or SCTP' })
    .default('TCP')
    .describe('protocol of the port.'),
});

const SidecarSchema = z.object({
  image: text().describe('image of the sidecar; without one there is no sidecar.'),
  command: stringList(1024, 131_072).optional().describe("command replaces the image's entry point."),
  env: list(EnvVarSchema, 1024).optional().describe('env is set in the sidecar.'),
  mountWorkspace: z.boolean().default(true).describe('mountWorkspace mounts the workspace of the agent at /workspace.'),
  resources: z
    .object({
      cpu: quantityText().optional().describe('cpu is request and limit; 100m when absent.'),
      memory: quantityText().optional().describe('memory is request and limit; 128Mi when absent.'),
    })
    .optional()
    .describe('resources of the sidecar.'),
  rbac: list(RbacRuleSchema).optional().describe('rbac is what the sidecar may do in the namespace of the run.'),
  clusterRBAC: list(RbacRuleSchema).optional().describe('clusterRBAC is what the sidecar may do in the whole cluster.'),
  secretRef: objectName().optional().describe('secretRef names a Secret that the sidecar sees as files.'),
  secretMountPath: absolutePath().optional().describe('secretMountPath is where; /secrets/<secretRef> when absent.'),
  hostAccess: HostAccessSchema.optional().describe('hostAccess is what the sidecar sees of the node.'),
  requiresServer: z.boolean().optional().describe('requiresServer keeps the sidecar out of runs that are no servers.'),
  ports: listWithout('name', SidecarPortSchema).optional().describe('ports that the sidecar serves in server mode.'),
});
export type SkillSidecar = z.output<typeof SidecarSchema>;

export const SkillPackSpecSchema = z.object({
  skills: list(SkillSchema, 1024).describe('skills of the pack.'),
  category: text().optional().describe('category of the pack, for display.'),
  source: text(8192).optional().describe('source of the pack, for display.'),
  version: text().optional().describe('version of the pack, for display.'),
  runtimeRequirements: RuntimeRequirementsSchema.optional().describe('runtimeRequirements is informational.'),
  sidecar: SidecarSchema.optional().describe('sidecar runs beside the agent and executes its commands.'),
});

export const SkillPackStatusSchema = z.object({
  observedGeneration: observedGeneration(),
  phase: text(64).optional().describe('phase is Ready once the ConfigMap exists, Error while the pack is wrong.'),
  configMapName: objectName().optional().describe('configMapName is the ConfigMap with the skills.'),
  skillCount: z.int32().optional().describe('skillCount counts the skills.'),
  privileges: stringList()
    .optional()
    .describe('privileges are what the sidecar asks for beyond its own pod: of the node, and of the whole cluster.'),
  conditions: conditions(),
});

export const SkillPackSchema = resource('SkillPack', SkillPackSpecSchema, SkillPackStatusSchema);

/** As the API server gives it back: defaults are filled in. */
export type SkillPack = z.output<typeof SkillPackSchema>;
export type SkillPackSpec = z.output<typeof SkillPackSpecSchema>;
export type SkillPackStatus = z.output<typeof SkillPackStatusSchema>;
/** As people write it: fields with a default may be absent. */
export type SkillPackInput = z.input<typeof SkillPackSchema>;

export const skillPackDefinition: KindDefinition = {
  names: KINDS.SkillPack,
  description: 'SkillPack is a set of instructions for agents, with the tools that they need.',
  spec: SkillPackSpecSchema,
  status: SkillPackStatusSchema,
  printerColumns: [
    column('Skills', '.status.skillCount', 'integer'),
    column('ConfigMap', '.status.configMapName'),
    AGE,
    ...whyColumns(CONDITIONS.ready),
  ],
};
