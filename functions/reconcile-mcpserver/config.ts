import * as z from 'zod';
import { SYSTEM_NAMESPACE } from '../../crds/group.ts';
import { type Environment, loadConfig } from '../../shared/config/load.ts';
import { podEnvironment } from '../../shared/pods/environment.ts';
import { type ImageName, imageOf, imageSource } from '../../shared/pods/images.ts';

export const McpServerEnvironmentSchema = z.object({
  SYMPOZIUM_IMAGE_REGISTRY: podEnvironment.SYMPOZIUM_IMAGE_REGISTRY,
  SYMPOZIUM_IMAGE_TAG: podEnvironment.SYMPOZIUM_IMAGE_TAG,
  SYMPOZIUM_SYSTEM_NAMESPACE: z
    .string()
    .default(SYSTEM_NAMESPACE)
    .describe('Namespace whose MCPServers the runs of all namespaces may use.'),
});

export type McpServerConfig = z.output<typeof McpServerEnvironmentSchema>;

export const loadMcpServerConfig = (env: Environment): McpServerConfig => loadConfig(McpServerEnvironmentSchema, env);

export const ownImage = (name: ImageName, config: McpServerConfig): string => imageOf(name, imageSource(config));
