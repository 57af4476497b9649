import { SkillPackSpecSchema, type SkillSidecar } from '../../crds/skillpack.ts';
import { manifestsUnder } from '../local/content/apply.ts';

/** The sidecars of the skills that come with the product. */
export async function builtInSidecars(): Promise<SkillSidecar[]> {
  const packs = await manifestsUnder('infra/content/skillpacks');
  return packs.flatMap((pack) => SkillPackSpecSchema.parse(pack['spec']).sidecar ?? []);
}
