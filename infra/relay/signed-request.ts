import type { IncomingMessage } from 'node:http';
import { createReplayGuard } from '../../shared/delivery/replay-guard.ts';
import { verify } from '../../shared/delivery/signature.ts';
import { AppError } from '../../shared/errors.ts';
import { readBody } from './read-body.ts';

/** NATS's own limit of a message, and room for the wrapping. */
const MAX_BODY_BYTES = 1_100_000;

/**
 * Checks requests of the direction function → relay on their raw bytes; a GET has no body, so its path with the query is
 * what is signed. Returns the body; throws `SIGNATURE_INVALID` (forged, stale, replayed) or `REQUEST_INVALID` (too large).
 */
export function createSignedRequests(secrets: readonly string[], now: () => Date) {
  const replays = createReplayGuard();

  return async (request: IncomingMessage): Promise<Buffer> => {
    const body = await readBody(request, MAX_BODY_BYTES);
    if (body === undefined) {
      throw new AppError('REQUEST_INVALID', `The body must be at most ${MAX_BODY_BYTES} bytes`);
    }
    const id = verify(secrets, headersOf(request), request.method === 'GET' ? (request.url ?? '') : body, now());
    if (!replays.admit(id, now())) {
      throw new AppError('SIGNATURE_INVALID', 'Request signature refused: it was used before');
    }
    return body;
  };
}

function headersOf({ headers }: IncomingMessage): Headers {
  const given = new Headers();
  for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature']) {
    const value = headers[name];
    if (typeof value === 'string') given.set(name, value);
  }
  return given;
}
