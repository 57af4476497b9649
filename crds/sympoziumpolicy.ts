/** SympoziumPolicy: what the runs of an instance may do (controllers spec, 1.4). */
import * as z from 'zod';
import { CONDITIONS } from './conditions.ts';
import { AGE, column, type KindDefinition, whyColumns } from './definition.ts';
import { KINDS } from './group.ts';
import {
  conditions,
  count,
  list,
  mapOf,
  observedGeneration,
  port,
  quantityText,
  resource,
  ruled,
  stringList,
  text,
} from './meta.ts';

const SandboxPolicySchema = z.object({
  required: z.boolean().describe('required refuses runs without a sandbox.'),
  defaultImage: text().optional().describe('defaultImage of sandboxes that name none.'),
  maxCPU: quantityText().optional().describe('maxCPU of a sandbox, as a quantity.'),
  maxMemory: quantityText().optional().describe('maxMemory of a sandbox, as a quantity.'),
  allowHostMounts: z
    .boolean()
    .default(false)
    .describe('allowHostMounts lets runs see paths and processes of the node.'),
  allowClusterRBAC: z
    .boolean()
    .optional()
    .describe('allowClusterRBAC set to false refuses skills that ask for rights in the whole cluster.'),
  seccompProfile: z
    .object({ type: text().describe('type of the profile, such as RuntimeDefault.') })
    .optional()
    .describe('seccompProfile of runs that name none.'),
  agentSandboxPolicy: z
    .object({
      required: z.boolean().describe('required refuses runs that do not use the agent-sandbox API.'),
      defaultRuntimeClass: text().optional().describe('defaultRuntimeClass of runs that name none.'),
      allowedRuntimeClasses: stringList().optional().describe('allowedRuntimeClasses are the only ones, when any.'),
    })
    .optional()
    .describe('agentSandboxPolicy governs the agent-sandbox API.'),
});

const SubagentPolicySchema = z.object({
  maxDepth: count().default(3).describe('maxDepth is how deep runs may start runs.'),
  maxConcurrent: count().default(5).describe('maxConcurrent is how many runs of an instance go on at a time.'),
});

const toolAction = () =>
  ruled(text(64), { rule: "self in ['allow', 'deny', 'ask']", message: 'must be allow, deny or ask' });

const ToolGatingRuleSchema = z.object({
  tool: text().describe('tool that the rule is about.'),
  action: toolAction().describe('action is allow, deny or ask.'),
});

const ToolGatingSchema = z.object({
  defaultAction: toolAction().default('allow').describe('defaultAction for tools without a rule: allow, deny or ask.'),
  rules: list(ToolGatingRuleSchema, 4096).optional().describe('rules for single tools.'),
});

/** Without rules, since statuses hold it too. */
export const EgressSchema = z.object({
  host: text().describe('host that may be reached.'),
  port: z.int32().optional().describe('port that may be reached; all when absent.'),
});

const NetworkPolicySchema = z.object({
  denyAll: z.boolean().default(true).describe('denyAll closes the network of the agents but for what is allowed.'),
  allowDNS: z.boolean().default(true).describe('allowDNS lets agents resolve names.'),
  allowEventBus: z.boolean().default(true).describe('allowEventBus lets agents reach the event bus.'),
  allowedEgress: list(
    EgressSchema.extend({ port: port().optional().describe('port that may be reached; all when absent.') }),
    4096,
  )
    .optional()
    .describe('allowedEgress lists what else agents may reach.'),
});

const RetryPolicySchema = z.object({
  infrastructureFailures: z
    .int32()
    .min(0)
    .max(5)
    .default(0)
    .describe(
      'infrastructureFailures is how often a run begins anew whose pod was evicted or lost. What its agent did until then stays done.',
    ),
});

export const SympoziumPolicySpecSchema = z.object({
  sandboxPolicy: SandboxPolicySchema.optional().describe('sandboxPolicy governs sandboxes.'),
  subagentPolicy: SubagentPolicySchema.optional().describe('subagentPolicy bounds what runs may start.'),
  toolGating: ToolGatingSchema.optional().describe('toolGating says which tools agents may use.'),
  featureGates: mapOf(z.boolean()).optional().describe('featureGates switch code-execution and sub-agents.'),
  networkPolicy: NetworkPolicySchema.optional().describe('networkPolicy says what agents may reach.'),
  retryPolicy: RetryPolicySchema.optional().describe('retryPolicy says which runs begin anew; none when absent.'),
});

const EffectivePolicySchema = z.object({
  sandbox: text(64).describe('sandbox is Optional, Required or AgentSandboxRequired.'),
  hostAccess: z.boolean().describe('hostAccess says whether skills may see paths and processes of the node.'),
  clusterRBAC: z.boolean().describe('clusterRBAC says whether skills may have rights in the whole cluster.'),
  maxCPU: text(64).optional().describe('maxCPU that a sandbox may ask for.'),
  maxMemory: text(64).optional().describe('maxMemory that a sandbox may ask for.'),
  maxDepth: z.int32().optional().describe('maxDepth that runs started by runs lie below; no bound when absent.'),
  maxConcurrent: z.int32().optional().describe('maxConcurrent runs of an instance at a time; no bound when absent.'),
  allowedTools: stringList(4096)
    .optional()
    .describe('allowedTools are the only ones that may be used; all when absent.'),
  deniedTools: stringList(8192)
    .optional()
    .describe('deniedTools may not be used, by a rule or since the gate that they belong to is closed.'),
  closedGates: stringList().optional().describe('closedGates are the feature gates that are closed.'),
  egress: stringList(8192)
    .optional()
    .describe('egress is all that agents may reach: DNS, EventBus, and host or host:port; everything when absent.'),
});
export type EffectivePolicy = z.output<typeof EffectivePolicySchema>;

export const SympoziumPolicyStatusSchema = z.object({
  observedGeneration: observedGeneration(),
  boundInstances: z
    .int32()
    .optional()
    .describe('boundInstances counts the instances of the same namespace that name the policy.'),
  effective: EffectivePolicySchema.optional().describe('effective is what the policy comes down to for a run.'),
  conditions: conditions(),
});

/** The original takes a policy without a spec; it allows everything. */
const DefaultedSpecSchema = SympoziumPolicySpecSchema.prefault({});

export const SympoziumPolicySchema = resource('SympoziumPolicy', DefaultedSpecSchema, SympoziumPolicyStatusSchema);

/** As the API server gives it back: defaults are filled in. */
export type SympoziumPolicy = z.output<typeof SympoziumPolicySchema>;
export type SympoziumPolicySpec = z.output<typeof SympoziumPolicySpecSchema>;
export type SympoziumPolicyStatus = z.output<typeof SympoziumPolicyStatusSchema>;
/** As people write it: fields with a default may be absent. */
export type SympoziumPolicyInput = z.input<typeof SympoziumPolicySchema>;

export const sympoziumPolicyDefinition: KindDefinition = {
  names: KINDS.SympoziumPolicy,
  description: 'SympoziumPolicy says what the runs of an instance may do.',
  spec: DefaultedSpecSchema,
  status: SympoziumPolicyStatusSchema,
  printerColumns: [column('Bound', '.status.boundInstances', 'integer'), AGE, ...whyColumns(CONDITIONS.ready)],
};
