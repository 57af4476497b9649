/** What the caller should do about a failure: try again, give the key up, or refuse the request. */
export type Disposition = 'retry' | 'terminal' | 'reject';

/** Stable codes, documented in `docs/errors.md`; a test compares the two lists. */
export const ERRORS = {
  CONFIG_INVALID: { disposition: 'terminal', status: 500 },
  SIGNATURE_INVALID: { disposition: 'reject', status: 401 },
  TOKEN_INVALID: { disposition: 'reject', status: 401 },
  ENVELOPE_INVALID: { disposition: 'reject', status: 400 },
  REQUEST_INVALID: { disposition: 'reject', status: 400 },
  SPEC_INVALID: { disposition: 'terminal', status: 422 },
  FORBIDDEN: { disposition: 'retry', status: 403 },
  NOT_FOUND: { disposition: 'terminal', status: 404 },
  CONFLICT: { disposition: 'retry', status: 409 },
  DEADLINE_EXCEEDED: { disposition: 'retry', status: 504 },
  UPSTREAM_UNAVAILABLE: { disposition: 'retry', status: 503 },
  UNKNOWN: { disposition: 'retry', status: 500 },
} as const satisfies Record<string, { disposition: Disposition; status: number }>;

export type ErrorCode = keyof typeof ERRORS;

/** A failure with a code of the registry. `message` may reach users: no secrets, no payloads; the original goes under `cause`. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** The only place that turns an unknown throw into a decision. Unrecognised means retry: a bug must not drop work. */
export function classify(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  return new AppError('UNKNOWN', thrown instanceof Error ? thrown.message : 'Unexpected failure', { cause: thrown });
}
