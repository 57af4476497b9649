import { fitName } from '../../../shared/kube/names.ts';
import { skillFiles } from '../../../shared/pods/skill-files.ts';
import type { ConfigMap } from '../pod/input-config-map.ts';
import type { RunBuild } from '../pod/run-build.ts';
import { mirrorMetadata } from './mirror.ts';

/**
 * Name of the ConfigMap with the texts of a skill. A pack of the run's own namespace has one of its own name; a pack of the
 * system's namespace is copied to one of the run's, so that no run owns what another needs, and only packs are copied [RUN-W20].
 */
export function skillConfigMapOf(build: RunBuild, skill: string): string {
  return isForeign(build, skill) ? fitName(`${build.run.metadata.name}-skill-${skill}`, 253) : skill;
}

/** The copies that the pod mounts, one for each pack of another namespace. */
export function skillConfigMaps(build: RunBuild): ConfigMap[] {
  const { run, skills } = build;
  const foreign = skills.filter((skill) => isForeign(build, skill.name));
  return [...new Map(foreign.map((skill) => [skill.name, skill])).values()].map((skill) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: mirrorMetadata(run, skillConfigMapOf(build, skill.name)),
    data: skillFiles(skill.pack.spec.skills),
  }));
}

function isForeign({ run, skills }: RunBuild, name: string): boolean {
  const pack = skills.find((skill) => skill.name === name)?.pack;
  return pack !== undefined && pack.metadata.namespace !== run.metadata.namespace;
}
