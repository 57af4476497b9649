import type { PersonaPackSpec } from '../../crds/personapack.ts';
import { packProblems } from '../../shared/personas/pack-problems.ts';
import { allow, fail, type Verdict } from './verdict.ts';

/** Refuses a pack that contradicts itself, by the same rules that its reconciler stops at. Pure. */
export function admitPack(spec: PersonaPackSpec): Verdict {
  const problems = packProblems(spec);
  return problems.length === 0
    ? allow('the pack is sound')
    : fail(400, problems.map(({ message }) => message).join('; '));
}
