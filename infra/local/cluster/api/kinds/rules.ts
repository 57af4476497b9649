import type { KindRules } from './resource-type.ts';

/** By `<group>/<Kind>`. A kind without a row is stored as it is. */
export const RULES: Record<string, KindRules> = {};
