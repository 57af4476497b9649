import type { SkillSidecar } from '../../../crds/skillpack.ts';
import { literal } from '../../../shared/pods/env.ts';
import type { Container, EnvVar, SecurityContext, VolumeMount } from '../../../shared/pods/pod.ts';
import { HARDENED } from '../../../shared/pods/security.ts';
import { type ToolAccess, toolAccessEnv } from '../../../shared/pods/tool-access.ts';
import type { SidecarSkill } from '../pod/run-build.ts';
import { hostVolumes, secretVolumeOf } from '../pod/volumes.ts';
import { SKILL_TOKEN_MOUNT, wantsAccess } from '../rights/skill-access.ts';

/** The sidecar of a skill, which runs the agent's commands (AgentRun spec, 3.5.7). */
export function skillContainer(skill: SidecarSkill, tools: ToolAccess = {}): Container {
  const { name, sidecar } = skill;
  const { cpu = '100m', memory = '128Mi' } = sidecar.resources ?? {};
  const { command = [] } = sidecar;
  return {
    name: `skill-${name}`,
    image: sidecar.image,
    imagePullPolicy: 'IfNotPresent',
    ...(command.length > 0 && { command }),
    // Last, so that no pack can open what a policy closes.
    env: [...skillEnv(skill), ...toolAccessEnv(tools)],
    resources: { requests: { cpu, memory }, limits: { cpu, memory } },
    securityContext: securityOf(sidecar),
    volumeMounts: skillMounts(skill),
  };
}

/** SKILL_NAME tells executors which requests are theirs, where several share the queue [RUN-W30]. */
function skillEnv({ name, sidecar, params }: SidecarSkill): EnvVar[] {
  return [
    ...(sidecar.env ?? []).map((one) => literal(one.name, one.value)),
    ...paramsEnv(params),
    literal('SKILL_NAME', name),
  ];
}

export function paramsEnv(params: Readonly<Record<string, string>>): EnvVar[] {
  return Object.keys(params)
    .sort()
    .map((key) => literal(`SKILL_${key.toUpperCase()}`, params[key] ?? ''));
}

/** Hardened unless the pack asks for the node and says so [RUN-W58]. */
function securityOf({ hostAccess }: SkillSidecar): SecurityContext {
  if (hostAccess?.enabled !== true) return HARDENED;
  const root = hostAccess.runAsRoot === true && { runAsUser: 0, runAsNonRoot: false };
  if (hostAccess.privileged === true) {
    return { privileged: true, allowPrivilegeEscalation: true, seccompProfile: { type: 'Unconfined' }, ...root };
  }
  // Root without its capabilities could not read what the mounts are for.
  return root === false ? HARDENED : { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, ...root };
}

function skillMounts(skill: SidecarSkill): VolumeMount[] {
  const { sidecar } = skill;
  const { secretRef = '', secretMountPath = '' } = sidecar;
  return [
    { name: 'ipc', mountPath: '/ipc' },
    { name: 'tmp', mountPath: '/tmp' },
    ...(sidecar.mountWorkspace === false ? [] : [{ name: 'workspace', mountPath: '/workspace' }]),
    ...hostVolumes(skill).map(({ volume, mount }) => ({
      name: volume.name,
      mountPath: mount.mountPath,
      ...(mount.readOnly !== false && { readOnly: true }),
    })),
    ...(secretRef === ''
      ? []
      : [{ name: secretVolumeOf(skill), mountPath: secretMountPath || `/secrets/${secretRef}`, readOnly: true }]),
    ...(wantsAccess(sidecar) ? [SKILL_TOKEN_MOUNT] : []),
  ];
}
