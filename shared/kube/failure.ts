import { AppError, classify, type ErrorCode } from '../errors.ts';
import { KubeStatusError, KubeUnreachableError } from './status-error.ts';

const CODES: Record<number, ErrorCode> = {
  401: 'FORBIDDEN',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  422: 'SPEC_INVALID',
};

/** `classify`, with the API server's answers understood: its own code decides, and everything passing is retried. */
export function classifyFailure(thrown: unknown): AppError {
  if (thrown instanceof KubeStatusError) {
    return new AppError(CODES[thrown.code] ?? 'UPSTREAM_UNAVAILABLE', thrown.message, { cause: thrown });
  }
  if (thrown instanceof KubeUnreachableError)
    return new AppError('UPSTREAM_UNAVAILABLE', thrown.message, { cause: thrown });
  if (thrown instanceof Error && (thrown.name === 'AbortError' || thrown.name === 'TimeoutError')) {
    return new AppError('DEADLINE_EXCEEDED', 'The pass ran out of its time budget', { cause: thrown });
  }
  return classify(thrown);
}
