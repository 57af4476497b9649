import { KubeStatusError, KubeUnreachableError } from '../../shared/kube/status-error.ts';

/** A refusal that the caller is told about: the status and one line of text, without a newline at its end. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;
  readonly headers: Record<string, string>;

  constructor(status: number, message: string, options: { headers?: Record<string, string>; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.status = status;
    this.headers = options.headers ?? {};
  }
}

/**
 * What a failure is to the caller (API-W27): a refusal of Kubernetes keeps its own code and text, so that a duplicate is 409,
 * an invalid object 422, a denial 403 and only what is missing 404; our own trouble with Kubernetes is 5xx.
 */
export function httpErrorOf(thrown: unknown): HttpError {
  if (thrown instanceof HttpError) return thrown;
  if (thrown instanceof KubeStatusError) return ofStatus(thrown);
  if (thrown instanceof KubeUnreachableError) {
    return new HttpError(503, 'the Kubernetes API could not be reached', { headers: RETRY_SOON, cause: thrown });
  }
  return new HttpError(500, 'unexpected failure', { cause: thrown });
}

const RETRY_SOON = { 'retry-after': '1' };

function ofStatus(error: KubeStatusError): HttpError {
  const { code, message, status } = error;
  if (code === 401) return new HttpError(500, 'the Kubernetes API does not accept this server', { cause: error });
  if (code === 429) {
    const seconds = String(status.details?.retryAfterSeconds ?? 1);
    return new HttpError(503, message, { headers: { 'retry-after': seconds }, cause: error });
  }
  if (code >= 400 && code < 500) return new HttpError(code, message, { cause: error });
  return new HttpError(502, message, { cause: error });
}
