/** What is answered to the API server. `code` is the HTTP status that it passes on. */
export interface Verdict {
  allowed: boolean;
  code: number;
  reason?: string;
  message?: string;
  /** The object as it is to be stored, when it is not as it came. */
  patch?: PatchStep[];
  warnings?: string[];
}

/** One step of a JSON patch (RFC 6902), which also replaces what is there. */
export interface PatchStep {
  op: 'add';
  path: string;
  value: unknown;
}

export const allow = (message: string, warnings: string[] = []): Verdict => ({
  allowed: true,
  code: 200,
  message,
  ...(warnings.length > 0 && { warnings }),
});

/** Refused by a rule: 403, as the original's. */
export const deny = (message: string): Verdict => ({ allowed: false, code: 403, reason: 'Forbidden', message });

/** Refused since it could not be judged: the code is 400 for what the object says, 500 for what the cluster lacks. */
export const fail = (code: 400 | 500, message: string): Verdict => ({ allowed: false, code, message });
