import { KINDS } from '../../crds/group.ts';
import type { Reconciler } from '../../shared/reconcile/reconciler.ts';
import type { McpServerConfig } from './config.ts';
import { observeMcpServer } from './observe.ts';
import type { Observed } from './observed.ts';
import { planMcpServer, planRefusedMcpServer } from './plan.ts';

export const mcpServerReconciler: Reconciler<Observed, McpServerConfig> = {
  resource: KINDS.MCPServer,
  fieldManager: 'mcpserver-reconciler',
  observe: observeMcpServer,
  plan: planMcpServer,
  planRefused: planRefusedMcpServer,
};
