/** A difference from the real server that is known and fine. */
export interface Accepted {
  /** Name of a case, or `*`. */
  case: string;
  /** Index of a step; every step when absent. */
  step?: number;
  /** Matched against the path of the difference (`body.metadata.name`). */
  path: RegExp;
  reason: string;
}

export const ACCEPTED: Accepted[] = [];

export function isAccepted(name: string, step: number, path: string): boolean {
  return ACCEPTED.some((item) => (item.case === '*' || item.case === name) && (item.step ?? step) === step && item.path.test(path));
}
