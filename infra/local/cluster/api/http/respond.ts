import type { ServerResponse } from 'node:http';
import { ApiError, internalError } from '../status.ts';

/** Header values are ASCII; other characters, say of an unknown field's name, are escaped as in JSON. */
function warningHeader(text: string): string {
  const escaped = JSON.stringify(text).replace(
    /[^ -~]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `299 - ${escaped}`;
}

export function sendJson(
  response: ServerResponse,
  code: number,
  body: string,
  warnings: readonly string[] = [],
  contentType = 'application/json',
): void {
  const headers: Record<string, string | string[]> = {
    'content-type': contentType,
    'content-length': `${Buffer.byteLength(body)}`,
    'cache-control': 'no-cache, private',
  };
  if (warnings.length > 0) headers['warning'] = [...new Set(warnings)].map(warningHeader);
  response.writeHead(code, headers);
  response.end(body);
}

export function sendText(response: ServerResponse, code: number, text: string): void {
  response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' });
  response.end(text);
}

export function sendError(response: ServerResponse, error: unknown, warnings: readonly string[] = []): void {
  const known = error instanceof ApiError ? error : internalError(error instanceof Error ? error.message : 'unknown');
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (known.details?.retryAfterSeconds !== undefined)
    response.setHeader('retry-after', known.details.retryAfterSeconds);
  sendJson(response, known.code, JSON.stringify(known.toStatus()), warnings);
}
