/** Condition types, their reasons and the phases of our kinds. Meanings never change; new ones may be added. */

export const CONDITIONS = {
  /** Run-to-completion kinds. `Unknown` while under way; once `True` or `False` it is final. */
  succeeded: 'Succeeded',
  /** Standing kinds: the object is as its spec asks. */
  ready: 'Ready',
  /** No progress without help; the message says what is needed. */
  stalled: 'Stalled',
  /** A postRun hook of the run failed; the run's own outcome stands. */
  postRunFailed: 'PostRunFailed',
  /** What runs an MCPServer was made. */
  deployed: 'Deployed',
  /** The tools of an MCPServer are known. */
  toolsDiscovered: 'ToolsDiscovered',
} as const;

/** `status.phase` of an AgentRun. Empty or absent means `Pending`. */
export const AGENT_RUN_PHASES = {
  pending: 'Pending',
  running: 'Running',
  serving: 'Serving',
  postRunning: 'PostRunning',
  awaitingDelegate: 'AwaitingDelegate',
  succeeded: 'Succeeded',
  failed: 'Failed',
} as const;

export type AgentRunPhase = (typeof AGENT_RUN_PHASES)[keyof typeof AGENT_RUN_PHASES];

/** True for the phases that a run never leaves. */
export function isTerminalPhase(phase: string | undefined): boolean {
  return phase === AGENT_RUN_PHASES.succeeded || phase === AGENT_RUN_PHASES.failed;
}

/** Reasons of the condition `Succeeded` of an AgentRun, by its status. */
export const RUN_REASONS = {
  // Unknown
  /** Not started: what it refers to is being resolved, or its pod has not begun. */
  pending: 'Pending',
  /** The agent is at work. */
  running: 'Running',
  /** The run is a server; it has no end of its own. */
  serving: 'Serving',
  /** The run is a server, and none of its pods is ready. */
  serverNotReady: 'ServerNotReady',
  /** The run is a server whose container ends and is started again, over and over. */
  crashLoop: 'CrashLoop',
  /** The run is a server that is to be reached through the gateway, which is not ready. */
  gatewayNotReady: 'GatewayNotReady',
  /** The agent is done; its postRun hooks are at work. */
  postRunning: 'PostRunning',
  /** Waits for a run that it delegated to. */
  awaitingDelegate: 'AwaitingDelegate',
  /** Waits for a free slot under its policy's limit of concurrent runs. */
  waitingForSlot: 'WaitingForSlot',

  // True
  /** The agent gave a result. */
  succeeded: 'Succeeded',
  /** A gate rejected the answer, or gave no verdict and the default is to block; the result says so instead of the answer. */
  gateRejected: 'GateRejected',

  // False: the run asks for something that cannot be
  /** The spec holds a value that cannot work; the message names the field. */
  invalidSpec: 'InvalidSpec',
  /** The SympoziumInstance of `instanceRef` does not exist. */
  instanceNotFound: 'InstanceNotFound',
  /** The instance names a SympoziumPolicy that does not exist. */
  policyNotFound: 'PolicyNotFound',
  /** The policy of the instance forbids the run; the message names the rule. */
  policyDenied: 'PolicyDenied',
  /** A Secret that the run needs does not exist. */
  secretNotFound: 'SecretNotFound',
  /** A SkillPack or skill ConfigMap that the run needs does not exist. */
  skillNotFound: 'SkillNotFound',
  /** An MCPServer that the run needs does not exist, or is not ready. */
  mcpServerNotFound: 'MCPServerNotFound',
  /** The run is to remember, and no memory is served. */
  memoryUnavailable: 'MemoryUnavailable',
  /** The run wants a Sandbox that it cannot have. */
  sandboxUnavailable: 'SandboxUnavailable',
  /** A quota of the namespace, or a limit of the policy, leaves no room for the run. */
  quotaExceeded: 'QuotaExceeded',

  // False: the pod could not do it
  /** An image of the pod cannot be pulled. */
  imagePullFailed: 'ImagePullFailed',
  /** No node takes the pod. */
  unschedulable: 'Unschedulable',
  /** A container cannot be created from its configuration. */
  containerConfigError: 'ContainerConfigError',
  /** A container was killed for using more memory than its limit. */
  outOfMemory: 'OutOfMemory',
  /** The node evicted the pod. */
  evicted: 'Evicted',
  /** The pod failed for another reason; the message carries container and exit code. */
  podFailed: 'PodFailed',
  /** The run's Job or pod vanished before there was a result. */
  jobNotFound: 'JobNotFound',
  /** An object with the name of the run's Job belongs to something else. */
  jobNotOwned: 'JobNotOwned',
  /** The Deployment of a run in server mode was taken away. */
  serverNotFound: 'ServerNotFound',
  /** An object with the name of the run's Deployment, Service or route belongs to something else. */
  serverNotOwned: 'ServerNotOwned',

  // False: the agent did not do it
  /** The agent reported an error. */
  agentFailed: 'AgentFailed',
  /** The agent ended without a result. */
  noResult: 'NoResult',
  /** The run took longer than its time-out. */
  timeout: 'Timeout',
  /** A preRun hook failed, so that the agent never began. */
  preRunFailed: 'PreRunFailed',
  /** Somebody ended the run. */
  cancelled: 'Cancelled',
} as const;

export type RunReason = (typeof RUN_REASONS)[keyof typeof RUN_REASONS];

/** Reason of `PostRunFailed`, as in the original. */
export const POST_RUN_JOB_FAILED = 'PostRunJobFailed';

/** `status.phase` of a SympoziumSchedule. */
export const SCHEDULE_PHASES = { active: 'Active', suspended: 'Suspended', error: 'Error' } as const;

/** Reasons of the condition `Ready` of a SympoziumSchedule, by its status. */
export const SCHEDULE_REASONS = {
  // True
  /** Runs are made at their times. */
  scheduled: 'Scheduled',
  /** `suspend` is set; no runs are made. */
  suspended: 'Suspended',
  /** A tick is due and waits for the run under way, as `concurrencyPolicy` Forbid asks. */
  waitingForRun: 'WaitingForRun',
  /** A tick was passed over, since it was found later than `startingDeadlineSeconds`. */
  tickMissed: 'TickMissed',

  // False
  /** `schedule` cannot be read; the message says what and where. */
  invalidSchedule: 'InvalidSchedule',
  /** The time zone is not in the IANA database. */
  unknownTimeZone: 'UnknownTimeZone',
  /** `schedule` names days that no year has, such as 30 February. */
  neverTicks: 'NeverTicks',
  /** The SympoziumInstance of `instanceRef` does not exist. */
  instanceNotFound: 'InstanceNotFound',
  /** The API server refused the run of a tick; the message carries its words. */
  runRefused: 'RunRefused',
} as const;

/** `status.phase` of a SympoziumInstance. */
export const INSTANCE_PHASES = { running: 'Running', serving: 'Serving', error: 'Error' } as const;

/** `status.status` of a channel of a SympoziumInstance. */
export const CHANNEL_STATES = {
  /** Its Deployment was just made. */
  pending: 'Pending',
  /** Its pod is ready. */
  connected: 'Connected',
  /** Its pod is not ready. */
  disconnected: 'Disconnected',
  /** It cannot be brought up; the message says why. */
  error: 'Error',
} as const;

/** Reasons of the condition `Ready` of a SympoziumInstance, by its status. */
export const INSTANCE_REASONS = {
  // True
  /** Everything that the spec asks for is there. */
  ready: 'Ready',

  // False
  /** A channel cannot be: its type is unknown, or it is listed twice. */
  invalidChannel: 'InvalidChannel',
  /** A reference names something in another namespace, or is no name at all. */
  invalidReference: 'InvalidReference',
  /** A Secret of a channel or of a provider does not exist. */
  secretNotFound: 'SecretNotFound',
  /** The SympoziumPolicy of `policyRef` does not exist. */
  policyNotFound: 'PolicyNotFound',
  /** A SkillPack, or the ConfigMap of a skill, does not exist. */
  skillNotFound: 'SkillNotFound',
  /** An object with the name of one that the instance needs belongs to something else. */
  nameTaken: 'NameTaken',
  /** The run that serves the web endpoint failed; it is made anew later. */
  webEndpointFailed: 'WebEndpointFailed',
  /** The API server refused an object of the instance; the message carries its words. */
  refused: 'Refused',
} as const;

export type InstanceReason = (typeof INSTANCE_REASONS)[keyof typeof INSTANCE_REASONS];

/** `status.phase` of a PersonaPack. */
export const PACK_PHASES = { inactive: 'Inactive', ready: 'Ready', error: 'Error' } as const;

/** Reasons of the condition `Ready` of a PersonaPack, by its status. */
export const PACK_REASONS = {
  // True
  /** Every persona is installed. */
  installed: 'Installed',
  /** Every persona is installed; the interval of a schedule was rounded up to what cron can say. */
  intervalRounded: 'IntervalRounded',

  // False
  /** `enabled` is not set; nothing is installed. */
  disabled: 'Disabled',
  /** The pack is disabled; what was installed is going. */
  removing: 'Removing',
  /** Two personas have the same name, or a name that no object can have. */
  invalidPersona: 'InvalidPersona',
  /** The interval or cron of a persona cannot be read. */
  invalidSchedule: 'InvalidSchedule',
  /** A relationship names a persona that the pack lacks, or leads back to where it began. */
  invalidRelationships: 'InvalidRelationships',
  /** `sharedMemory` holds a size or a persona that cannot be. */
  invalidSharedMemory: 'InvalidSharedMemory',
  /** An object with the name of one that a persona needs belongs to something else. */
  nameTaken: 'NameTaken',
  /** The API server refused an object of a persona; the message carries its words. */
  refused: 'Refused',
} as const;

export type PackReason = (typeof PACK_REASONS)[keyof typeof PACK_REASONS];

/** `status.phase` of a SkillPack. */
export const SKILL_PACK_PHASES = { ready: 'Ready', error: 'Error' } as const;

/** Reasons of the condition `Ready` of a SkillPack, by its status. */
export const SKILL_PACK_REASONS = {
  // True
  /** The ConfigMap holds every skill. */
  published: 'Published',

  // False: the ConfigMap stays as it was
  /** Two skills have the same name, or a name that no file can have. */
  invalidSkill: 'InvalidSkill',
  /** The sidecar asks for a path, or for rights, that cannot be. */
  invalidSidecar: 'InvalidSidecar',
  /** A ConfigMap with the name of the pack belongs to something else. */
  nameTaken: 'NameTaken',
  /** The API server refused the ConfigMap; the message carries its words. */
  refused: 'Refused',
} as const;

export type SkillPackReason = (typeof SKILL_PACK_REASONS)[keyof typeof SKILL_PACK_REASONS];

/** Reasons of the condition `Ready` of a SympoziumPolicy, by its status. */
export const POLICY_REASONS = {
  // True
  /** Runs of the bound instances are held to what `status.effective` shows. */
  enforced: 'Enforced',

  // False
  /** A field holds a value that cannot be understood; the message names it. Runs that it is about are refused. */
  invalidPolicy: 'InvalidPolicy',
} as const;

/** `status.phase` of a SympoziumConfig. */
export const CONFIG_PHASES = { disabled: 'Disabled', pending: 'Pending', ready: 'Ready', error: 'Error' } as const;

/** Reasons of the condition `Ready` of a SympoziumConfig, by its status. */
export const CONFIG_REASONS = {
  // True
  /** The Gateway is programmed and has what the spec asks for. */
  ready: 'Ready',

  // False
  /** The Gateway is made; its controller has not programmed it yet. */
  pending: 'Pending',
  /** `gateway.enabled` is not set; there is no Gateway. */
  disabled: 'Disabled',
  /** A name or a domain in the spec cannot be; the message names the field. */
  invalidSpec: 'InvalidSpec',
  /** The cluster has no Gateway API: its custom resource definitions are not installed. */
  gatewayApiMissing: 'GatewayAPIMissing',
  /** A Gateway with the name that the spec asks for belongs to something else. */
  nameTaken: 'NameTaken',
  /** The API server refused the Gateway or its class; the message carries its words. */
  refused: 'Refused',
} as const;

export type ConfigReason = (typeof CONFIG_REASONS)[keyof typeof CONFIG_REASONS];

/** Reason of `Deployed` of an MCPServer, as in the original. */
export const MCP_DEPLOYMENT_CREATED = 'DeploymentCreated';

/** Reasons of the condition `Ready` of an MCPServer, by its status. */
export const MCP_SERVER_REASONS = {
  // True
  /** A replica is ready. */
  ready: 'Ready',
  /** The server runs elsewhere, at `url`. */
  external: 'External',

  // False
  /** No replica is ready; the message says what keeps the pods. */
  notReady: 'NotReady',
  /** Nothing answers in MCP there; the message carries the attempt's words. */
  unreachable: 'Unreachable',
  /** The spec holds a value that cannot work; the message names the field. */
  invalidSpec: 'InvalidSpec',
  /** A Secret of `deployment.secretRefs` does not exist. */
  secretNotFound: 'SecretNotFound',
  /** An object with the name of the server belongs to something else. */
  nameTaken: 'NameTaken',
  /** The API server refused an object of the server; the message carries its words. */
  refused: 'Refused',
} as const;

export type McpServerReason = (typeof MCP_SERVER_REASONS)[keyof typeof MCP_SERVER_REASONS];

/** Reasons of the condition `ToolsDiscovered` of an MCPServer, by its status. */
export const TOOL_REASONS = {
  // True
  /** `tools` lists what runs are offered. */
  discovered: 'Discovered',

  // Unknown
  /** The server was not asked yet. */
  pending: 'Pending',

  // False
  /** The server answers, but wants a token, which only the runs of an instance have. */
  credentialsNeeded: 'CredentialsNeeded',
  /** The server was asked and did not answer; it is asked again. */
  noAnswer: 'NoAnswer',
  /** The Job that asks did not come to its end; it is made anew. */
  discoveryFailed: 'DiscoveryFailed',
} as const;
