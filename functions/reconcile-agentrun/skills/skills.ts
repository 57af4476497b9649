import type { AgentRun } from '../../../crds/agentrun.ts';
import { LABELS } from '../../../crds/labels.ts';
import type { SkillRef } from '../../../crds/skill-ref.ts';
import type { SkillPack } from '../../../crds/skillpack.ts';
import type { SympoziumInstance } from '../../../crds/sympoziuminstance.ts';

const PREFIX = 'skillpack-';

/** A skill of a run whose SkillPack exists. `pack.metadata.namespace` tells the run's own from the system's. */
export interface FoundSkill {
  name: string;
  pack: SkillPack;
  params: Record<string, string>;
}

export const ownsSkills = ({ spec }: AgentRun): boolean => (spec.skills ?? []).length > 0;

/**
 * The skills that count: the run's own or, when it has none and does not come from the web proxy, those of its instance
 * [RUN-012] [RUN-013]. One leading `skillpack-` is taken off, and of several refs to the same the first counts [RUN-W54].
 */
export function skillsOf(run: AgentRun, instance: SympoziumInstance): SkillRef[] {
  const own = run.spec.skills ?? [];
  const inherits = !ownsSkills(run) && run.metadata.labels?.[LABELS.source] !== 'web-proxy';
  const refs = (inherits ? (instance.spec.skills ?? []) : own).map(normalised);
  const seen = new Set<string>();
  return refs.filter(({ skillPackRef = '', configMapRef = '' }) => {
    const key = `${skillPackRef}/${configMapRef}`;
    return key !== '/' && !seen.has(key) && seen.add(key);
  });
}

/** The skills of the refs whose pack is among `packs`, each once, with the parameters of its first ref. */
export function foundSkills(refs: readonly SkillRef[], packs: Readonly<Record<string, SkillPack>>): FoundSkill[] {
  return packNames(refs).flatMap((name) => {
    const pack = packs[name];
    const params = refs.find(({ skillPackRef }) => skillPackRef === name)?.params ?? {};
    return pack === undefined ? [] : [{ name, pack, params }];
  });
}

/** Names of the SkillPacks that the refs ask for, each once. */
export function packNames(refs: readonly SkillRef[]): string[] {
  return [...new Set(refs.flatMap(({ skillPackRef = '' }) => (skillPackRef === '' ? [] : [skillPackRef])))];
}

function normalised(ref: SkillRef): SkillRef {
  const { skillPackRef } = ref;
  return skillPackRef?.startsWith(PREFIX) === true ? { ...ref, skillPackRef: skillPackRef.slice(PREFIX.length) } : ref;
}
