import type { SympoziumPolicy } from '../../crds/sympoziumpolicy.ts';

/** What a pass saw. Plain JSON, so that a pass can be stored and run again. */
export type Observed =
  | { stage: 'gone'; primary: undefined }
  /** `bound` counts the instances of the namespace that name the policy. */
  | { stage: 'standing'; primary: SympoziumPolicy; bound: number };
