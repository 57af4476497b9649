/** `metav1.Status` of a failed request. */
export interface Status {
  kind: 'Status';
  status: string;
  code: number;
  reason?: string;
  message?: string;
  details?: {
    name?: string;
    kind?: string;
    retryAfterSeconds?: number;
    causes?: { reason?: string; message?: string; field?: string }[];
  };
}

/** The API server answered with an error. `reason` is its machine-readable word, such as `AlreadyExists`. */
export class KubeStatusError extends Error {
  override readonly name = 'KubeStatusError';
  readonly code: number;
  readonly reason: string;
  readonly status: Status;

  constructor(code: number, body: string, request: string) {
    const status = parseStatus(code, body);
    super(status.message ?? `${request} answered ${code}`);
    this.code = code;
    this.reason = status.reason ?? '';
    this.status = status;
  }
}

/** The API server could not be reached, or gave no answer within the deadline. */
export class KubeUnreachableError extends Error {
  override readonly name = 'KubeUnreachableError';
}

export const isNotFound = (error: unknown): boolean => error instanceof KubeStatusError && error.code === 404;
export const isConflict = (error: unknown): boolean => error instanceof KubeStatusError && error.code === 409;
export const isGone = (error: unknown): boolean => error instanceof KubeStatusError && error.code === 410;

/** Proxies in front of an API server answer with pages and plain text; those still become a Status. */
function parseStatus(code: number, body: string): Status {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'object' && parsed !== null && 'kind' in parsed && parsed.kind === 'Status') {
      return { ...(parsed as Status), code };
    }
  } catch {
    // Not JSON: the text itself is the message.
  }
  return { kind: 'Status', status: 'Failure', code, ...(body !== '' && { message: body.slice(0, 500) }) };
}
