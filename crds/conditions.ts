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
  /** The agent is done; its postRun hooks are at work. */
  postRunning: 'PostRunning',
  /** Waits for a run that it delegated to. */
  awaitingDelegate: 'AwaitingDelegate',
  /** Waits for a free slot under its policy's limit of concurrent runs. */
  waitingForSlot: 'WaitingForSlot',

  // True
  /** The agent gave a result. */
  succeeded: 'Succeeded',

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

  // False: the agent did not do it
  /** The agent reported an error. */
  agentFailed: 'AgentFailed',
  /** The agent ended without a result. */
  noResult: 'NoResult',
  /** The run took longer than its time-out. */
  timeout: 'Timeout',
  /** A preRun hook failed, so that the agent never began. */
  preRunFailed: 'PreRunFailed',
  /** A gate hook rejected the result, or gave no verdict and the default is to block. */
  gateRejected: 'GateRejected',
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
