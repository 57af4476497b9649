import { fitName } from '../../shared/kube/names.ts';

/** ServiceAccount of the pods of a namespace's runs. It has no rights and its token is mounted nowhere. */
export const AGENT_SERVICE_ACCOUNT = 'sympozium-agent';

/** ServiceAccount of one run whose skills use the API server. */
export const runServiceAccountOf = (run: string): string => fitName(`sympozium-run-${run}`, 253);

/** A Job's name becomes a label of its pods, so it has 63 characters at most [RUN-W15]. */
export const jobNameOf = (run: string): string => fitName(run);

export const inputConfigMapOf = (run: string): string => fitName(`${run}-input`, 253);

/** Job of a run that begins anew. */
export const retryJobNameOf = (run: string, attempt: number): string => fitName(`${run}-retry-${attempt}`);

/** Deployment and Service of a run in server mode. */
export const serverNameOf = (run: string): string => fitName(`${run}-server`);

/** HTTPRoute of a run in server mode. */
export const webRouteOf = (run: string): string => fitName(`${run}-web`, 253);

/** Sandbox of a run that has one instead of a Job, and its pod. */
export const sandboxNameOf = (run: string): string => fitName(`sb-${run}`);

/** The PersistentVolumeClaim that the agent and its hooks share. */
export const workspaceOf = (run: string): string => fitName(`${run}-workspace`, 253);

/** Never the name of the run's own Job: what is cut is hashed [RUN-W15]. */
export const postRunJobNameOf = (run: string): string => fitName(`${run}-postrun`);

/** Role and RoleBinding of the hooks. */
export const lifecycleRoleOf = (run: string): string => fitName(`sympozium-lifecycle-${run}`, 253);

/** NetworkPolicy of the run's pod. */
export const networkPolicyOf = (run: string): string => fitName(`sympozium-run-${run}`, 253);

/** ConfigMap that keeps an answer until its gate has decided. */
export const heldAnswerOf = (run: string): string => fitName(`${run}-held-answer`, 253);
