import type { PodSpec, SecurityContext } from './pod.ts';

/** Every container that needs no more: it cannot write its image, gain rights or use capabilities. */
export const HARDENED: SecurityContext = {
  readOnlyRootFilesystem: true,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
};

/** User 1000 for all, so that containers of a pod can share files; the files of volumes belong to the same group. */
export function podSecurity(seccompType = 'RuntimeDefault'): PodSpec['securityContext'] {
  return { runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000, seccompProfile: { type: seccompType } };
}
