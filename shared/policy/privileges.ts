import type { SkillSidecar } from '../../crds/skillpack.ts';

/** What a sidecar asks for beyond its own pod, by what could keep it from it. */
export interface Privileges {
  /** Of the node's files and processes. */
  node: string[];
  /** The node's network, where no network policy holds. */
  network: string[];
  /** Rights in the whole cluster. */
  cluster: string[];
}

export function privilegesOf(sidecar: SkillSidecar | undefined): Privileges {
  const { enabled = false, hostNetwork, hostPID, privileged, runAsRoot, mounts = [] } = sidecar?.hostAccess ?? {};
  const asked = (name: string, wanted: boolean | undefined): string[] => (enabled && wanted === true ? [name] : []);
  return {
    node: [
      ...asked('privileged', privileged),
      ...asked('hostPID', hostPID),
      ...asked('runAsRoot', runAsRoot),
      ...(enabled
        ? mounts.map(({ hostPath, readOnly }) => `hostPath ${hostPath}${readOnly === false ? ' (writable)' : ''}`)
        : []),
    ],
    network: asked('hostNetwork', hostNetwork),
    cluster: (sidecar?.clusterRBAC ?? []).map(
      ({ verbs, resources }) => `clusterRBAC ${verbs.join(',')} ${resources.join(',')}`,
    ),
  };
}
