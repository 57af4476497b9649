import * as z from 'zod';
import { objectName, stringMap } from './meta.ts';

/** A skill by SkillPack or by ConfigMap. Nothing forces exactly one: the original takes both and neither. */
export const SkillRefSchema = z.object({
  skillPackRef: objectName().optional().describe('skillPackRef names a SkillPack.'),
  configMapRef: objectName().optional().describe('configMapRef names a ConfigMap that holds a skill.'),
  params: stringMap().optional().describe("params reach the skill's sidecar as environment variables SKILL_<KEY>."),
});
export type SkillRef = z.output<typeof SkillRefSchema>;
