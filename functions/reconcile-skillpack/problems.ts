import { SKILL_PACK_REASONS, type SkillPackReason } from '../../crds/conditions.ts';
import type { SkillPackSpec, SkillSidecar } from '../../crds/skillpack.ts';

/** Why a pack cannot be used, in words for who wrote it. */
export interface Problem {
  reason: SkillPackReason;
  message: string;
}

/** A key of a ConfigMap, which becomes the name of a file. */
const FILE_NAME = /^[-._a-zA-Z0-9]+$/;
const FILE_NAME_MAX = 253;

/** What is wrong with the pack as it is written. Nothing of such a pack is changed, rather than half of it [CTL-WK3]. */
export function specProblems({ skills, sidecar }: SkillPackSpec): Problem[] {
  return [
    ...skillProblems(skills.map(({ name }) => name)).map((message) => ({
      reason: SKILL_PACK_REASONS.invalidSkill,
      message,
    })),
    ...(sidecar === undefined ? [] : sidecarProblems(sidecar)).map((message) => ({
      reason: SKILL_PACK_REASONS.invalidSidecar,
      message,
    })),
  ];
}

function skillProblems(names: readonly string[]): string[] {
  return names.flatMap((name, index) => {
    const at = `\`skills[${index}].name\``;
    const fits = FILE_NAME.test(name) && !name.startsWith('..') && `${name}.md`.length <= FILE_NAME_MAX;
    if (!fits)
      return [`${at} must be letters, digits, dots, dashes and underscores, 250 at most, not "${name.slice(0, 100)}"`];
    const first = names.indexOf(name);
    return first < index
      ? [`${at} is "${name}", as that of \`skills[${first}]\`: the one would overwrite the other`]
      : [];
  });
}

/** What no cluster can give; what a policy may forbid is judged with each run [CTL-WK2]. */
function sidecarProblems({ hostAccess, rbac = [], clusterRBAC = [], secretMountPath }: SkillSidecar): string[] {
  const mounts = hostAccess?.mounts ?? [];
  const paths: [string, string][] = [
    ...mounts.flatMap(({ hostPath, mountPath }, index): [string, string][] => [
      [`sidecar.hostAccess.mounts[${index}].hostPath`, hostPath],
      [`sidecar.hostAccess.mounts[${index}].mountPath`, mountPath],
    ]),
    ...(secretMountPath === undefined || secretMountPath === ''
      ? []
      : [['sidecar.secretMountPath', secretMountPath] as [string, string]]),
  ];
  const rules = [
    ...rbac.map((rule, index) => ({ at: `sidecar.rbac[${index}]`, rule })),
    ...clusterRBAC.map((rule, index) => ({ at: `sidecar.clusterRBAC[${index}]`, rule })),
  ];
  const twice = mounts.find(({ mountPath }, index) => mounts.findIndex((one) => one.mountPath === mountPath) < index);
  return [
    ...paths
      .filter(([, path]) => !isPlainPath(path))
      .map(([at]) => `\`${at}\` must be an absolute path without \`..\``),
    ...(twice === undefined ? [] : [`\`sidecar.hostAccess.mounts\` must not mount two paths at "${twice.mountPath}"`]),
    ...rules
      .filter(({ rule }) => rule.verbs.length === 0 || rule.resources.length === 0 || rule.apiGroups.length === 0)
      .map(({ at }) => `\`${at}\` must name an API group ("" for the core), a resource and a verb`),
  ];
}

const isPlainPath = (path: string): boolean => path.startsWith('/') && !path.split('/').includes('..');
