import { parseArgs } from 'node:util';
import { type ToolAccess, toolAccessFrom } from '../../../shared/pods/tool-access.ts';

/** What the bridge is told (agentrun.md 3.5.2, with the additions for runs that have their own subjects). */
export interface BridgeConfig {
  ipcPath: string;
  run: { id: string; instance: string; namespace: string };
  busUrl: string;
  /** `sympozium.run.<namespace>.<run>.<uid>`; empty for the original's shared subjects. */
  runSubject: string;
  /** Last token of the run's subject; empty without one. */
  runUid: string;
  /** A NATS creds text (JWT and seed); empty when the bus asks for none. */
  credentials: string;
  /** Completion and stream stay in the pod: a hook decides about them first. */
  gated: boolean;
  mcpConfigured: boolean;
  /** What the agent asks of others through tools that are not allowed stays in the pod. */
  tools: ToolAccess;
  traceparent: string;
  /** Keeps message ids of same-named runs apart; the run's UID where it is known. */
  messageIdPrefix: string;
}

/** Flags win over the environment. Throws when no run is named. */
export function loadBridgeConfig(env: Record<string, string | undefined>, argv: readonly string[]): BridgeConfig {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      'ipc-path': { type: 'string' },
      'agent-run-id': { type: 'string' },
      instance: { type: 'string' },
      'event-bus-url': { type: 'string' },
    },
  });
  const get = (name: string) => env[name]?.trim() ?? '';
  const id = values['agent-run-id'] || get('AGENT_RUN_ID');
  if (id === '') throw new Error('AGENT_RUN_ID or --agent-run-id must be set');
  const runSubject = get('RUN_SUBJECT');
  const runUid = runSubject.split('.').at(-1) ?? '';
  return {
    ipcPath: values['ipc-path'] ?? '/ipc',
    run: { id, instance: values.instance || get('INSTANCE_NAME'), namespace: get('AGENT_NAMESPACE') },
    busUrl: values['event-bus-url'] || get('EVENT_BUS_URL') || 'nats://nats.sympozium-system.svc:4222',
    runSubject,
    runUid,
    credentials: get('EVENT_BUS_CREDENTIALS'),
    gated: get('GATE_SUPPRESS_COMPLETION') === 'true',
    mcpConfigured: get('MCP_ENABLED') === 'true' || get('MCP_CONFIG_PATH') !== '',
    tools: toolAccessFrom(env),
    traceparent: get('TRACEPARENT'),
    // Without a UID the pod's name tells a run from an earlier one of the same name.
    messageIdPrefix: runUid || [get('AGENT_NAMESPACE'), id, get('HOSTNAME')].join('/'),
  };
}
