import { AppError } from '../errors.ts';
import { type Envelope, EnvelopeSchema } from './envelope.ts';
import { createReplayGuard } from './replay-guard.ts';
import { verify } from './signature.ts';

/** Largest accepted envelope, in bytes: an update shows the API server's largest object twice, before and after. */
const MAX_BODY_BYTES = 3_500_000;

/**
 * Turns a signed request into its envelope: verified on the raw bytes, before anything is parsed. Throws
 * `SIGNATURE_INVALID` (forged, stale, replayed) or `ENVELOPE_INVALID`.
 */
export function createReceiver(secrets: readonly string[], now: () => Date) {
  const replays = createReplayGuard();

  return async (request: Request): Promise<Envelope> => {
    if (Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) {
      throw new AppError('ENVELOPE_INVALID', `The body must be at most ${MAX_BODY_BYTES} bytes`);
    }
    const body = new Uint8Array(await request.arrayBuffer());
    const id = verify(secrets, request.headers, body, now());
    if (!replays.admit(id, now()))
      throw new AppError('SIGNATURE_INVALID', 'Request signature refused: it was used before');
    return parseEnvelope(body);
  };
}

function parseEnvelope(body: Uint8Array): Envelope {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (cause) {
    throw new AppError('ENVELOPE_INVALID', 'The body must be JSON in UTF-8', { cause });
  }
  const parsed = EnvelopeSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new AppError(
    'ENVELOPE_INVALID',
    `\`${issue?.path.join('.') ?? ''}\` is invalid: ${issue?.message ?? 'unknown'}`,
  );
}
