/** SympoziumConfig: the gateway that web endpoints are reached by (controllers spec, 1.7). */
import * as z from 'zod';
import { CONDITIONS } from './conditions.ts';
import { AGE, column, type KindDefinition, whyColumns } from './definition.ts';
import { KINDS } from './group.ts';
import { conditions, objectName, observedGeneration, resource, text } from './meta.ts';

const GatewayTlsSchema = z.object({
  enabled: z.boolean().default(false).describe('enabled serves HTTPS too.'),
  certManagerClusterIssuer: text().optional().describe('certManagerClusterIssuer makes the certificate.'),
  secretName: objectName()
    .default('sympozium-wildcard-cert')
    .describe('secretName is the Secret with the certificate.'),
});

const GatewaySchema = z.object({
  enabled: z.boolean().default(false).describe('enabled makes the Gateway.'),
  gatewayClassName: text(253).default('sympozium').describe('gatewayClassName of the Gateway.'),
  name: objectName().default('sympozium-gateway').describe('name of the Gateway.'),
  baseDomain: text(253).optional().describe('baseDomain that endpoints are subdomains of.'),
  routesFrom: z
    .enum(['All', 'Same'])
    .optional()
    .describe('routesFrom is All for routes of every namespace, which is so unless set, or Same for those of its own.'),
  tls: GatewayTlsSchema.optional().describe('tls of the Gateway.'),
});

export const SympoziumConfigSpecSchema = z.object({
  gateway: GatewaySchema.optional().describe('gateway that web endpoints are reached by.'),
});

const GatewayStatusSchema = z.object({
  ready: z.boolean().describe('ready says that the Gateway is programmed.'),
  address: text().optional().describe('address of the Gateway.'),
  listenerCount: z.int32().optional().describe('listenerCount counts its listeners.'),
});

export const SympoziumConfigStatusSchema = z.object({
  observedGeneration: observedGeneration(),
  phase: text(64).optional().describe('phase is Disabled, Pending, Ready or Error.'),
  gateway: GatewayStatusSchema.optional().describe('gateway as last seen.'),
  conditions: conditions(),
});

/** The original takes a configuration without a spec; it has no gateway. */
const DefaultedSpecSchema = SympoziumConfigSpecSchema.prefault({});

export const SympoziumConfigSchema = resource('SympoziumConfig', DefaultedSpecSchema, SympoziumConfigStatusSchema);

/** As the API server gives it back: defaults are filled in. */
export type SympoziumConfig = z.output<typeof SympoziumConfigSchema>;
export type SympoziumConfigSpec = z.output<typeof SympoziumConfigSpecSchema>;
export type SympoziumConfigStatus = z.output<typeof SympoziumConfigStatusSchema>;
/** As people write it: fields with a default may be absent. */
export type SympoziumConfigInput = z.input<typeof SympoziumConfigSchema>;

export const sympoziumConfigDefinition: KindDefinition = {
  names: KINDS.SympoziumConfig,
  description: 'SympoziumConfig holds the gateway that web endpoints are reached by.',
  spec: DefaultedSpecSchema,
  status: SympoziumConfigStatusSchema,
  printerColumns: [
    column('Gateway', '.spec.gateway.enabled', 'boolean'),
    column('Domain', '.spec.gateway.baseDomain'),
    column('Phase', '.status.phase'),
    AGE,
    ...whyColumns(CONDITIONS.ready),
  ],
};
