import { fitName } from '../../shared/kube/names.ts';

export const channelDeploymentOf = (instance: string, type: string): string => fitName(`${instance}-channel-${type}`);

export const whatsappClaimOf = (instance: string): string => fitName(`${instance}-channel-whatsapp-data`);

/** ConfigMap of the legacy memory. Runs look for it by this very name, so it is not cut. */
export const memoryConfigMapOf = (instance: string): string => `${instance}-memory`;

export const webEndpointRunOf = (instance: string): string => fitName(`${instance}-web-endpoint`);
