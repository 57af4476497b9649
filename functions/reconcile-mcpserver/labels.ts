import { LABELS } from '../../crds/labels.ts';
import { fitName } from '../../shared/kube/names.ts';
import { selectorOf } from '../../shared/kube/selector.ts';

const MANAGED = { [LABELS.appManagedBy]: 'sympozium' };

/** Of everything that serves an MCPServer (controllers spec, 7.1). Policies of the network select pods by them. */
export const serverLabels = (server: string): Record<string, string> => ({
  [LABELS.appName]: 'mcpserver',
  [LABELS.appInstance]: fitName(server),
  ...MANAGED,
});

/** Of what asks an MCPServer for its tools; no Service may select it. */
export const discoveryLabels = (server: string): Record<string, string> => ({
  [LABELS.appName]: 'mcpserver-discovery',
  [LABELS.appInstance]: fitName(server),
  ...MANAGED,
});

export const SERVER_SELECTOR = selectorOf({ [LABELS.appName]: 'mcpserver', ...MANAGED });
export const DISCOVERY_SELECTOR = selectorOf({ [LABELS.appName]: 'mcpserver-discovery', ...MANAGED });
