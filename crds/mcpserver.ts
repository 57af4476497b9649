/** MCPServer: tools for agents over the Model Context Protocol (controllers spec, 1.6). */
import * as z from 'zod';
import { CONDITIONS } from './conditions.ts';
import { AGE, column, type KindDefinition, whyColumns } from './definition.ts';
import { KINDS } from './group.ts';
import {
  conditions,
  count,
  list,
  objectName,
  observedGeneration,
  port,
  resource,
  ruled,
  stringList,
  stringMap,
  text,
} from './meta.ts';
import { ResourceRequirementsSchema } from './resources.ts';

const DeploymentSchema = z.object({
  image: z.string().min(1).max(2048).describe('image of the server.'),
  cmd: text(131_072).optional().describe("cmd replaces the image's entry point."),
  args: stringList(1024, 131_072).optional().describe('args are the arguments of the command.'),
  port: port().default(8080).describe('port that the server listens on.'),
  env: stringMap(1024, 131_072).optional().describe('env is set in the container of the server.'),
  secretRefs: list(z.object({ name: objectName().describe('name of the Secret.') }))
    .optional()
    .describe('secretRefs are Secrets whose keys become environment variables.'),
  resources: ResourceRequirementsSchema.optional().describe('resources of the server.'),
  serviceAccountName: objectName().optional().describe('serviceAccountName that the server acts as.'),
});

const SpecSchema = z.object({
  transportType: z.enum(['stdio', 'http']).describe('transportType of the server; stdio gets an HTTP adapter.'),
  url: ruled(text(8192), {
    rule: "self == '' || self.matches('^https?://[^/?#@]+([/?#].*)?$')",
    message: 'must be an absolute http or https URL without user and password',
  })
    .optional()
    .describe('url of a server that runs elsewhere; nothing is deployed then.'),
  deployment: DeploymentSchema.optional().describe('deployment of the server.'),
  toolsPrefix: z.string().min(1).max(253).describe('toolsPrefix is put before the names of its tools.'),
  timeout: z.int32().default(30).describe('timeout of a call, in seconds.'),
  replicas: count().default(1).describe('replicas of the server.'),
  toolsAllow: stringList().optional().describe('toolsAllow are the only tools offered, when any; without prefix.'),
  toolsDeny: stringList().optional().describe('toolsDeny are never offered; without prefix.'),
});

const ELSEWHERE = "has(self.url) && self.url != ''";

export const McpServerSpecSchema = ruled(
  SpecSchema,
  { rule: `(${ELSEWHERE}) || has(self.deployment)`, message: 'url or deployment must be set' },
  {
    rule: `self.transportType != 'stdio' || (${ELSEWHERE}) || !has(self.deployment) || (has(self.deployment.cmd) && self.deployment.cmd != '')`,
    message: 'deployment.cmd must be set when transportType is stdio: the adapter starts it',
    fieldPath: '.deployment',
  },
);

export const McpServerStatusSchema = z.object({
  observedGeneration: observedGeneration(),
  ready: z.boolean().describe('ready says that agents can use the server.'),
  url: text(8192).optional().describe('url that agents reach the server by.'),
  toolCount: z.int32().optional().describe('toolCount counts the tools offered.'),
  tools: stringList(4096).optional().describe('tools that the server offers, as agents know them.'),
  discovery: text(64).optional().describe('discovery is a hash of what was last asked for its tools.'),
  conditions: conditions(),
});

export const McpServerSchema = resource('MCPServer', McpServerSpecSchema, McpServerStatusSchema);

/** As the API server gives it back: defaults are filled in. */
export type McpServer = z.output<typeof McpServerSchema>;
export type McpServerSpec = z.output<typeof McpServerSpecSchema>;
export type McpServerStatus = z.output<typeof McpServerStatusSchema>;
/** As people write it: fields with a default may be absent. */
export type McpServerInput = z.input<typeof McpServerSchema>;

export const mcpServerDefinition: KindDefinition = {
  names: KINDS.MCPServer,
  description: 'MCPServer offers tools to agents over the Model Context Protocol.',
  spec: McpServerSpecSchema,
  status: McpServerStatusSchema,
  printerColumns: [
    column('Transport', '.spec.transportType'),
    column('Ready', '.status.ready', 'boolean'),
    column('URL', '.status.url'),
    column('Tools', '.status.toolCount', 'integer'),
    AGE,
    ...whyColumns(CONDITIONS.ready),
  ],
};
