import type { AgentRun } from '../../crds/agentrun.ts';
import type { McpServer } from '../../crds/mcpserver.ts';
import type { PersonaPack } from '../../crds/personapack.ts';
import type { SkillPack } from '../../crds/skillpack.ts';
import type { SympoziumConfig } from '../../crds/sympoziumconfig.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import type { SympoziumPolicy } from '../../crds/sympoziumpolicy.ts';
import type { Job } from '../../shared/pods/job.ts';
import type { Pod } from '../../shared/pods/pod.ts';
import type { Floor } from '../../shared/policy/floor.ts';
import type { HeldAnswer } from './hooks/held-answer.ts';
import type { Queue } from './queue/queue.ts';
import type { ServerObjects } from './server/objects.ts';
import type { SkillSecret } from './skills/skill-secrets.ts';

/** What a pass saw, by where the run stands. Plain JSON, so that a pass can be stored and run again. */
export type Observed =
  | { stage: 'gone'; primary: undefined }
  | { stage: 'finished' | 'elsewhere'; primary: AgentRun }
  | Starting
  | Serving
  | Executing
  | PostRunning
  | Ending;

/** Ended, deleted or to be ended, and not let go yet. */
export interface Ending {
  stage: 'ended' | 'deleting' | 'cancelled';
  primary: AgentRun;
  job: Job | undefined;
  /** The Job of the run's hooks, once they began. */
  hookJob?: Job | undefined;
  /** What a run in server mode has made. */
  server?: ServerObjects;
  /** Roles of a run whose resolution was not stored anywhere: it was deleted or cancelled while it began. */
  strayRoles: StrayRole[];
  /** The runs that may wait for the slot of this one; read when it had to have one. */
  queue?: Queue;
  /** The runs that this one's agent asked for; read when it has some. */
  children?: AgentRun[];
}

/** Without a namespace it counts for the whole cluster. Its binding has the same name. */
export interface StrayRole {
  name: string;
  namespace?: string;
}

/** What a run refers to. */
export interface Resolving {
  primary: AgentRun;
  /** W3C trace context of the pass, when telemetry is on. */
  traceparent?: string;
  instance: SympoziumInstance | undefined;
  /** Undefined also when the instance names none. */
  policy: SympoziumPolicy | undefined;
  /** The policy of the namespace; absent when nobody names one. */
  floor?: Floor;
  /** The pack that the instance belongs to; absent when it belongs to none, or when the pack is gone. */
  personaPack?: PersonaPack;
  /** The run that asked for this one; absent when none did, or when it is gone. */
  parent?: AgentRun;
  /** The instance of `parent`, when it is not that of this run. */
  parentInstance?: SympoziumInstance;
  /** How many runs that `parent` asked for have ended; counted when that is limited. */
  finishedSiblings?: number;
  /** Whether the Secret with the model's key exists; its content is never read. */
  secretFound: boolean;
  serviceAccountFound: boolean;
  /** SkillPacks that exist, by name without prefix. */
  packs: Record<string, SkillPack>;
  /** Secrets of the packs that the run's namespace does not have; absent when it has all. */
  skillSecrets?: SkillSecret[];
  /** MCPServers that exist, by name. */
  mcpServers: Record<string, McpServer>;
}

/** Not started. `job` has the name of the run's Job and is not the run's. */
export interface Starting extends Resolving {
  stage: 'starting';
  job: Job | undefined;
  /** Whether the cluster has Sandboxes; asked for a run that wants one. */
  sandboxesServed: boolean;
  /** Read when the number of runs at work is limited. */
  queue?: Queue;
  /** The runs that this one's agent asked for; read when it has some. */
  children?: AgentRun[];
}

/** In server mode, from its start until it ends. */
export interface Serving extends Resolving {
  stage: 'serving';
  server: ServerObjects;
  /** What keeps the server without a ready pod, in Kubernetes' words. */
  trouble?: string;
  /** The configuration of the gateway, if there is one. */
  gateway: SympoziumConfig | undefined;
  /** Whether the Secret with the key of callers exists; for one that is to be made, a key. */
  apiKey: { found: true } | { found: false; fresh: string };
}

/** The Job exists, or the run says that it did. */
export interface Executing extends Execution {
  stage: 'executing';
  primary: AgentRun;
  /** The Job is gone and something else took its name. */
  jobTaken: boolean;
  /** Whether the input ConfigMap exists; it is written after the Job. */
  inputFound: boolean;
  /** The runs that may wait for the slot of this one; read when it has one and may be about to end. */
  queue?: Queue;
  /** The runs that this one's agent asked for; read when it has some. */
  children?: AgentRun[];
  /** Whatever has the name of the Job of the run's hooks; looked for only when the run has some. */
  hookJob: Job | undefined;
}

/** The agent is done, and its hooks are at work. */
export interface PostRunning {
  stage: 'postRunning';
  primary: AgentRun;
  /** The agent's own Job, if it is still there. */
  job: Job | undefined;
  /** The Job of the hooks; undefined once it is gone. */
  hookJob: Job | undefined;
  hookPod: Pod | undefined;
  /** Messages of the hook Job's `FailedCreate` events, read once a pod is overdue. */
  createFailures: string[];
  /** The answer that the gate decides over. */
  held: HeldAnswer | undefined;
  /** The runs that may wait for the slot of this one. */
  queue?: Queue;
  /** The runs that this one's agent asked for; read when it has some. */
  children?: AgentRun[];
}

/** What the run's pod published, or why that is not known. */
export type BusReading = { state: 'read'; payload?: unknown } | { state: 'unavailable' };

/** The tail of the agent's log; `gone` when there is no pod to read it from. */
export type LogReading = { state: 'unread' | 'gone' } | { state: 'read'; text: string };

export interface Execution {
  job: Job | undefined;
  pod: Pod | undefined;
  bus: BusReading;
  log: LogReading;
  /** Messages of the Job's `FailedCreate` events, read once a pod is overdue. */
  createFailures: string[];
  /** Whether there is a legacy memory to replace; looked for only when the agent printed a block. */
  memoryFound: boolean;
}
