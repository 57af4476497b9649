import type { AgentRunSpec } from '../../crds/agentrun.ts';
import type { SkillPack } from '../../crds/skillpack.ts';
import type { SympoziumPolicySpec } from '../../crds/sympoziumpolicy.ts';

/** A rule of a policy that forbids a run. */
export interface Denial {
  /** Path in the run, such as `spec.sandbox.enabled`. */
  field: string;
  /** Path in the policy's spec, such as `sandboxPolicy.required`. */
  rule: string;
  /** Name of the policy. */
  policy: string;
  /** What is wrong, in the original's words where it has some. */
  message: string;
  /** What to do about it. */
  remedy: string;
}

/** A denial before the policy that it comes from is named. */
export type Objection = Omit<Denial, 'policy'>;

/** What a run is judged by. */
export interface Judged {
  spec: AgentRunSpec;
  /** The SkillPacks of its skills, as far as they are known. */
  packs?: readonly SkillPack[];
}

/** Rules about one matter: what they object to in a run. */
export type Rule = (run: Judged, policy: SympoziumPolicySpec) => Objection[];

/** What is wrong, where, by which rule, and what to do, in one sentence that begins with the original's words. */
export function explain({ field, rule, policy, message, remedy }: Denial): string {
  return `${message} (${field}; ${rule} of SympoziumPolicy "${policy}"): ${remedy}`;
}
