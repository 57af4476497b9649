import type { DifferentialCase } from './case.ts';
import { ACCESS_CASES } from './cases/access.ts';
import { APPLY_CASES } from './cases/apply.ts';
import { CORE_CASES } from './cases/core.ts';
import { CUSTOM_CASES } from './cases/custom-resources.ts';
import { DELETE_CASES } from './cases/delete.ts';
import { DISCOVERY_CASES } from './cases/discovery.ts';
import { ERROR_CASES } from './cases/errors.ts';
import { KIND_CASES } from './cases/kinds.ts';
import { LIST_CASES } from './cases/list-watch.ts';
import { PATCH_CASES } from './cases/patch.ts';
import { productCases } from './cases/product.ts';

export function allCases(): DifferentialCase[] {
  return [
    ...CORE_CASES,
    ...ERROR_CASES,
    ...LIST_CASES,
    ...PATCH_CASES,
    ...APPLY_CASES,
    ...DELETE_CASES,
    ...KIND_CASES,
    ...CUSTOM_CASES,
    ...ACCESS_CASES,
    ...DISCOVERY_CASES,
    ...productCases(),
  ];
}
