import { APICallError } from 'ai';
import { z } from 'zod';
import { describeError } from '../ipc/log.ts';
import type { Retryable } from './retry.ts';

/** An answer that broke off or cannot be understood; no provider error, so it is worth another try. */
export class StreamError extends Error {
  override readonly name = 'StreamError';
}

/** What a provider reports within its stream is often no `Error` but a piece of its JSON. */
export function streamError(reported: unknown): Error {
  if (reported instanceof Error) return reported;
  const { data } = z.object({ message: z.string() }).safeParse(reported);
  return new StreamError(data?.message ?? (typeof reported === 'string' ? reported : JSON.stringify(reported)));
}

/** One request took longer than `LLM_REQUEST_TIMEOUT`. */
export class RequestTimeout extends Error {
  override readonly name = 'RequestTimeout';
}

/** Whether asking again can help: overload, limits, network and time-outs, but no refusals. */
export function retryableModelError(error: unknown): Retryable | undefined {
  if (APICallError.isInstance(error)) {
    if (!error.isRetryable) return undefined;
    const afterMs = requestedPause(error.responseHeaders ?? {});
    return afterMs === undefined ? {} : { afterMs };
  }
  return error instanceof RequestTimeout || error instanceof StreamError || isNetworkError(error) ? {} : undefined;
}

/** One line for people: HTTP status first, because readers look for it (agentrun.md 5.2), then the provider's words. */
export function describeModelError(error: unknown): string {
  if (APICallError.isInstance(error) && error.statusCode !== undefined && error.statusCode !== 200) {
    return `model request failed: HTTP ${error.statusCode}: ${oneLine(error.message)}`;
  }
  return `model request failed: ${oneLine(describeError(error))}`;
}

function requestedPause(headers: Record<string, string>): number | undefined {
  const milliseconds = Number(headers['retry-after-ms']);
  if (headers['retry-after-ms'] && milliseconds >= 0) return milliseconds;
  const value = headers['retry-after'];
  if (!value) return undefined;
  const seconds = Number(value);
  if (seconds >= 0) return seconds * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

const NETWORK_CODES = /^(ECONN|ENOTFOUND|EAI_AGAIN|EPIPE|ETIMEDOUT|UND_ERR)/;

function isNetworkError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string' && NETWORK_CODES.test(error.code)) return true;
  return error.message === 'fetch failed' || error.message === 'terminated' || isNetworkError(error.cause);
}

const oneLine = (text: string) => text.replaceAll(/\s+/g, ' ').trim().slice(0, 2000);
