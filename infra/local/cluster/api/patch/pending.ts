import type { JsonObject, PatchOutcome, TypeInfo } from '../../apply/types.ts';
export const jsonPatch = (_o: JsonObject, _p: unknown): PatchOutcome => ({ error: { code: 500, message: 'pending' } });
export const strategicMergePatch = (_o: JsonObject, _p: unknown, _t: TypeInfo): PatchOutcome => ({
  error: { code: 500, message: 'pending' },
});
