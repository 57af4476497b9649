import type { Resource } from './kube/resources.ts';

/** A Kubernetes RBAC rule, as in a Role. */
export interface PolicyRule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
  resourceNames?: string[];
}

/**
 * What of an object's change makes a pass worthwhile: the object's projection to these paths is compared with the last seen
 * one. A path is dotted; `[*]` maps over a list; values in `except` count as absent. Creation and deletion always count.
 */
export interface WakeField {
  path: string;
  except?: string[];
}

export interface PrimaryWatch {
  resource: Resource;
  labelSelector?: string;
  wakeOn: WakeField[];
}

/** Other objects whose change concerns a primary: `mapTo` names it, by the controller owner, a label's or a field's value. */
export interface ChildWatch extends PrimaryWatch {
  mapTo: { owner: string } | { label: string } | { field: string };
  /** The function makes these objects itself: their creation is no news to it. */
  madeHere?: true;
  /** A kind that the cluster may lack: the function works without it, and it is looked for again now and then. */
  optional?: true;
}

/** A subject whose messages concern a primary: the tokens (from 0) that hold its namespace and name (`_` for `.`). */
export interface SubjectWake {
  subject: string;
  namespaceToken: number;
  nameToken: number;
}

/**
 * What the API server asks a function before it stores an object. The relay's TLS endpoint hands `POST <path>` on to it.
 * Never asked about deletions and statuses.
 */
export interface AdmissionHook {
  /** Name of the webhook, which the API server puts into its refusals. */
  name: string;
  path: string;
  /** Whether it may change what is stored, and is asked before those that only judge. */
  changes: boolean;
  resource: Resource;
  operations: ('CREATE' | 'UPDATE')[];
  /** CEL over `object`, `oldObject` and `request`; it is asked where all hold. */
  conditions: { name: string; expression: string }[];
  /** What becomes of a write when it cannot be asked. */
  failurePolicy: 'Fail' | 'Ignore';
}

/**
 * One function as the rest of the system sees it. The functions of `serverless.yml`, the relay's configuration and the
 * roles of the manifests are generated from these.
 */
export interface FunctionManifest {
  name: string;
  memoryMb: number;
  /** Lambda time-out. The pass's own budget is 5 s shorter, the relay waits 5 s longer. */
  timeoutSeconds: number;
  /** Passes or messages at a time. */
  concurrency: number;
  /** Public HTTP routes through the API gateway, such as `/api/{proxy+}`. */
  routes?: string[];
  /** EventBridge rule. */
  schedule?: { everyMinutes: number };
  reconciles?: { primary: PrimaryWatch; children: ChildWatch[]; subjects: SubjectWake[] };
  /** NATS subjects whose messages this function is sent, through a durable consumer named after it. */
  subjects?: string[];
  /** Messages of a subject one after the other, each settled or parked before the next: none overtakes one that is retried. */
  inOrder?: true;
  admits?: AdmissionHook[];
  rules: PolicyRule[];
}
