import type { McpServer } from '../../crds/mcpserver.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import type { Job } from '../../shared/pods/job.ts';
import type { ToolReport } from '../../shared/pods/tool-report.ts';

/** What a pass saw. Plain JSON, so that a pass can be stored and run again. */
export type Observed = { stage: 'gone'; primary: undefined } | Standing;

export interface Standing extends Existing {
  stage: 'standing';
  /** What keeps the pods of a server without a ready replica, in Kubernetes' words. */
  waiting?: string;
  /** What the Job that asks for the tools found, once it has ended. */
  report?: ToolReport;
}

/** What is there, before more is asked. Objects with the server's name, whoever made them. */
export interface Existing {
  primary: McpServer;
  deployment: Deployment | undefined;
  service: KubeObject | undefined;
  networkPolicy: KubeObject | undefined;
  /** Versions of the Secrets of `secretRefs` that exist, by name. */
  secrets: Record<string, string>;
  /** Jobs of this server that ask for its tools. */
  jobs: Job[];
}

/** `apps/v1` Deployment, as far as the reconciler reads it. */
export interface Deployment extends KubeObject {
  spec: object;
  status?: {
    observedGeneration?: number;
    replicas?: number;
    updatedReplicas?: number;
    readyReplicas?: number;
    conditions?: { type: string; status: string; message?: string }[];
  };
}
