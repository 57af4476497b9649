import type { RunEvent } from '../../../shared/bus/subjects.ts';
import { isToolAllowed, type ToolAccess } from '../../../shared/pods/tool-access.ts';
import type { BridgeConfig } from './config.ts';

/** Where a kind of file goes: the original's topic, and the event of a run's own subject. */
export interface Route {
  event: RunEvent;
  topic: string;
  /** The agent's tool that writes such files. */
  tool?: string;
}

export const COMPLETED: Route = { event: 'completed', topic: 'agent.run.completed' };
const STREAM: Route = { event: 'stream', topic: 'agent.stream.chunk' };
const STATUS: Route = { event: 'status', topic: 'agent.status.update' };
const EXEC: Route = { event: 'exec', topic: 'tool.exec.request' };
const BY_FOLDER: Record<string, Route> = {
  spawn: { event: 'spawn', topic: 'agent.spawn.request', tool: 'delegate_to_persona' },
  messages: { event: 'message', topic: 'channel.message.send', tool: 'send_channel_message' },
  schedules: { event: 'schedule', topic: 'schedule.upsert', tool: 'schedule_task' },
};

/** Folders that are watched, in the order in which they are emptied: a run's effects go out before its result. */
export const OUTGOING_FOLDERS = ['messages', 'spawn', 'schedules', 'tools', 'output'] as const;

/** The route of a file (agentrun.md 6.1); undefined for files that stay in the pod. */
export function routeOf(folder: string, name: string): Route | undefined {
  if (name.startsWith('.') || name.endsWith('.tmp')) return undefined;
  if (folder === 'output') return outputRoute(name);
  if (folder === 'tools') return /^exec-request-.+\.json$/.test(name) ? EXEC : undefined;
  return BY_FOLDER[folder];
}

function outputRoute(name: string): Route | undefined {
  if (name === 'result.json') return COMPLETED;
  if (name === 'status.json') return STATUS;
  return /^stream-.*\.json$/.test(name) ? STREAM : undefined;
}

/** A gate suppresses the completion and the stream, nothing else (RUN-121). */
export const isSuppressed = (route: Route, gated: boolean): boolean =>
  gated && (route === COMPLETED || route === STREAM);

/** A file of a tool that the run may not use: whoever in the pod wrote it, it goes nowhere [CTL-WA2]. */
export const isDenied = ({ tool }: Route, access: ToolAccess): boolean =>
  tool !== undefined && !isToolAllowed(access, tool);

export const isStream = (route: Route): boolean => route === STREAM;

export function subjectOf(route: Route, config: BridgeConfig): string {
  return config.runSubject ? `${config.runSubject}.${route.event}` : `sympozium.${route.topic}`;
}

/** The envelope of controllers.md 5.3 around the file's own bytes, which are JSON already. */
export function envelope(route: Route, json: string, config: BridgeConfig): string {
  const metadata = {
    agentRunID: config.run.id,
    instanceName: config.run.instance,
    ...(config.run.namespace && { namespace: config.run.namespace }),
  };
  const head = JSON.stringify({ topic: route.topic, timestamp: new Date().toISOString(), metadata });
  return `${head.slice(0, -1)},"data":${json.trim()}}`;
}
