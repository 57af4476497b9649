import type { KubeObject } from '../kube/objects.ts';
import type { PodTemplate } from './pod.ts';

/** `batch/v1` Job, as far as the control plane builds and reads it. */
export interface Job extends KubeObject {
  spec: {
    backoffLimit: number;
    ttlSecondsAfterFinished: number;
    activeDeadlineSeconds: number;
    template: PodTemplate;
  };
  status?: {
    active?: number;
    succeeded?: number;
    failed?: number;
    startTime?: string;
    conditions?: { type: string; status: string; reason?: string; message?: string }[];
  };
}

/** The condition that says how the Job ended, or undefined while it goes on. */
export function jobEnd(job: Job): { type: 'Complete' | 'Failed'; reason: string; message: string } | undefined {
  for (const { type, status, reason = '', message = '' } of job.status?.conditions ?? []) {
    if (status === 'True' && (type === 'Complete' || type === 'Failed')) return { type, reason, message };
  }
  return undefined;
}
