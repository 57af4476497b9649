import { fitName } from '../../../shared/kube/names.ts';
import type { ProjectedSource, Volume } from '../../../shared/pods/pod.ts';
import { wantsLifecycleAccess } from '../hooks/hooks.ts';
import { mcpConfigMapOf } from '../mcp/mcp-config-map.ts';
import { inputConfigMapOf } from '../names.ts';
import { SKILL_TOKEN_VOLUME, wantsAccess } from '../rights/skill-access.ts';
import { skillConfigMapOf } from '../skills/skill-config-maps.ts';
import { secretNameFor } from '../skills/skill-secrets.ts';
import { isTaskFile, TASK_FILE_KEY } from './input-config-map.ts';
import { type RunBuild, type SidecarSkill, sidecarsOf } from './run-build.ts';
import { workspaceVolume } from './workspace.ts';

/** The volumes of a run's pod (AgentRun spec, 3.4). */
export function volumesOf(build: RunBuild): Volume[] {
  const sidecars = sidecarsOf(build);
  return [
    workspaceVolume(build.run, build.resolution),
    { name: 'ipc', emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } },
    { name: 'tmp', emptyDir: { sizeLimit: '256Mi' } },
    skillsVolume(build),
    ...(hasLegacyMemory(build) ? [memoryVolume(build)] : []),
    ...(isTaskFile(build.run) ? [taskVolume(build)] : []),
    ...(build.mcpServers.length > 0 ? [mcpVolume(build)] : []),
    ...sidecars.flatMap((skill) => [...secretVolumes(build, skill), ...hostVolumes(skill).map(({ volume }) => volume)]),
    ...(sidecars.some(({ sidecar }) => wantsAccess(sidecar)) || wantsLifecycleAccess(build.resolution)
      ? [SKILL_TOKEN_VOLUME]
      : []),
  ];
}

/** The instance keeps its memory in a ConfigMap (AgentRun spec, 3.9). */
export function hasLegacyMemory({ instance }: RunBuild): boolean {
  return instance.spec.memory?.enabled === true;
}

export const memoryConfigMapOf = (instance: string): string => `${instance}-memory`;

function memoryVolume({ run }: RunBuild): Volume {
  return { name: 'memory', configMap: { name: memoryConfigMapOf(run.spec.instanceRef), optional: true } };
}

function mcpVolume({ run }: RunBuild): Volume {
  return { name: 'mcp-config', configMap: { name: mcpConfigMapOf(run.metadata.name), optional: true } };
}

function taskVolume({ run }: RunBuild): Volume {
  const items = [{ key: TASK_FILE_KEY, path: 'task.json' }];
  return { name: 'task', configMap: { name: inputConfigMapOf(run.metadata.name), items } };
}

/** One folder with the texts of all skills; each source is optional, since a pack may be removed before the pod starts. */
function skillsVolume(build: RunBuild): Volume {
  const names = build.resolution.skills.flatMap(({ skillPackRef = '', configMapRef = '' }) => [
    ...(skillPackRef === '' ? [] : [skillConfigMapOf(build, skillPackRef)]),
    ...(configMapRef === '' ? [] : [configMapRef]),
  ]);
  if (names.length === 0) return { name: 'skills', emptyDir: {} };
  const sources = [...new Set(names)].map((name): ProjectedSource => ({ configMap: { name, optional: true } }));
  return { name: 'skills', projected: { sources } };
}

export const secretVolumeOf = ({ name }: SidecarSkill): string => fitName(`skill-secret-${name}`);

function secretVolumes(build: RunBuild, skill: SidecarSkill): Volume[] {
  const secretName = secretNameFor(build, skill);
  return secretName === '' ? [] : [{ name: secretVolumeOf(skill), secret: { secretName, optional: true } }];
}

/** The paths of the node that a pack asks for, with their mounts. */
export function hostVolumes({ name, sidecar }: SidecarSkill) {
  const { enabled, mounts = [] } = sidecar.hostAccess ?? {};
  if (enabled !== true) return [];
  return mounts.flatMap((mount, index) =>
    mount.hostPath === '' || mount.mountPath === ''
      ? []
      : [{ volume: { name: hostVolumeName(`${name}-${index}`), hostPath: { path: mount.hostPath } }, mount }],
  );
}

function hostVolumeName(suffix: string): string {
  return fitName(
    `host-${suffix}`
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-+|-+$/g, ''),
  );
}
