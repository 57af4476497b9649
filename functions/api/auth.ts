import { createHash, timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import type { Secret } from '../../shared/config/load.ts';
import { refusal } from './answer.ts';
import { HttpError } from './http-error.ts';
import { queryParameter } from './query.ts';

/**
 * Bearer token on every route below it. `?token=` is for the streams alone (`/ws/…`, `…/events`), where a browser cannot send
 * a header: elsewhere it would put the token into logs and histories for nothing (API-W01).
 */
export function authentication(token: Secret): MiddlewareHandler {
  const expected = digest(token.reveal());
  return async ({ req }, next) => {
    const bearer = /^Bearer (.+)$/s.exec(req.header('authorization') ?? '')?.[1];
    const given = bearer ?? (isStream(req.path) ? queryParameter(req.url, 'token') : undefined);
    // Digests are of equal length, so that the comparison tells nothing about the token (API-W06).
    if (given !== undefined && timingSafeEqual(digest(given), expected)) return next();
    return refusal(new HttpError(401, 'Unauthorized', { headers: { 'www-authenticate': 'Bearer' } }));
  };
}

const isStream = (path: string) => path.startsWith('/ws/') || path.endsWith('/events');
const digest = (text: string) => createHash('sha256').update(text).digest();
