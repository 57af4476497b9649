import type { SkillSidecar } from '../../../crds/skillpack.ts';
import type { Volume, VolumeMount } from '../../../shared/pods/pod.ts';

/** Whether a sidecar speaks to the API server, and so needs a token. */
export function wantsAccess({ rbac = [], clusterRBAC = [] }: SkillSidecar): boolean {
  return rbac.length > 0 || clusterRBAC.length > 0;
}

const TOKEN_SECONDS = 3600;

/** What automounting would give every container; here only the sidecars that need it mount it [RUN-W58]. */
export const SKILL_TOKEN_VOLUME: Volume = {
  name: 'skill-token',
  projected: {
    sources: [
      { serviceAccountToken: { path: 'token', expirationSeconds: TOKEN_SECONDS } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
    ],
  },
};

export const SKILL_TOKEN_MOUNT: VolumeMount = {
  name: SKILL_TOKEN_VOLUME.name,
  mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
  readOnly: true,
};
