import * as z from 'zod';
import { AgentRunSpecSchema } from '../../crds/agentrun.ts';
import type { SkillRef } from '../../crds/skill-ref.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import { withApprovalGate, withoutApprovalGate } from './approval-gate.ts';

const WebEndpointPatchSchema = z.object({
  enabled: z.boolean().optional(),
  hostname: z.string().max(253).optional(),
  rateLimit: z.object({ requestsPerMinute: z.int32().optional() }).optional(),
});

/** Body of `PATCH /instances/{name}` (api.md 1.5). What is absent or null stays as it is. */
export const PatchInstanceSchema = z.object({
  webEndpoint: WebEndpointPatchSchema.optional(),
  lifecycle: AgentRunSpecSchema.shape.lifecycle,
  requireApproval: z.boolean().optional(),
});

export type PatchInstance = z.output<typeof PatchInstanceSchema>;
type Spec = SympoziumInstance['spec'];

/** The spec after a patch, its parts taken in this order. Pure. */
export function patchedSpec(spec: Spec, { webEndpoint, lifecycle, requireApproval }: PatchInstance): Spec {
  const withSkills =
    webEndpoint === undefined ? spec : { ...spec, skills: patchedSkills(spec.skills ?? [], webEndpoint) };
  const profile = spec.agents.default;
  const replaced = lifecycle === undefined ? profile.lifecycle : hasHooks(lifecycle) ? lifecycle : undefined;
  const hooks =
    requireApproval === undefined
      ? replaced
      : requireApproval
        ? withApprovalGate(replaced)
        : withoutApprovalGate(replaced);
  return { ...withSkills, agents: { ...spec.agents, default: { ...profile, lifecycle: hooks } } };
}

const hasHooks = ({ preRun = [], postRun = [], rbac = [] }: NonNullable<PatchInstance['lifecycle']>) =>
  preRun.length + postRun.length + rbac.length > 0;

const WEB_ENDPOINT = 'web-endpoint';

/** Both names of the skill that makes an instance reachable over the web. */
export const isWebEndpoint = ({ skillPackRef }: SkillRef): boolean =>
  skillPackRef === WEB_ENDPOINT || skillPackRef === `skillpack-${WEB_ENDPOINT}`;

/** Anything but `enabled: false` enables; parameters are replaced whole, an entry that is there keeps its name. */
function patchedSkills(skills: readonly SkillRef[], patch: NonNullable<PatchInstance['webEndpoint']>): SkillRef[] {
  if (patch.enabled === false) return skills.filter((skill) => !isWebEndpoint(skill));
  const rpm = patch.rateLimit?.requestsPerMinute;
  const params = {
    ...(patch.hostname && { hostname: patch.hostname }),
    ...(rpm !== undefined && { rate_limit_rpm: String(rpm) }),
  };
  const withParams = Object.keys(params).length > 0 ? { params } : {};
  const [first] = skills.filter(isWebEndpoint);
  if (first === undefined) return [...skills, { skillPackRef: WEB_ENDPOINT, ...withParams }];
  const entry = { skillPackRef: first.skillPackRef, ...withParams };
  return skills.map((skill) => (skill === first ? entry : skill));
}
