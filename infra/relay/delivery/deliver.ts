import type { Secret } from '../../../shared/config/load.ts';
import { ReplySchema } from '../../../shared/delivery/reply.ts';
import { type EnvelopeContent, seal } from '../../../shared/delivery/seal.ts';
import type { Tracing } from '../../../shared/telemetry/otel.ts';
import { nextTraceparent } from '../../../shared/telemetry/trace-context.ts';
import type { Delivery } from './delivery.ts';
import { type Answer, type Post, PostTimeoutError } from './post.ts';

/** Which function is called with what; the rest of the envelope is made here. */
export interface Call {
  functionName: string;
  /** The function's time-out, which the relay outwaits, so that at most one pass of a key is alive. */
  timeoutSeconds: number;
  content: Omit<EnvelopeContent, 'traceparent'>;
  /** `traceparent` of the message that led to the call. */
  traceparent?: string | undefined;
}

export interface DeliverOptions {
  post: Post;
  secret: Secret;
  /** `source` of the envelopes, `/relay/<shard>`. */
  source: string;
  now: () => Date;
  tracing?: Tracing | undefined;
}

export type Deliver = (call: Call) => Promise<Delivery>;

const MARGIN_SECONDS = 5;
/** A gateway also answers 503 when a function was too slow; only a quick one says that nothing was taken up. */
const QUICK_MS = 2_000;

/** Sends a signed CloudEvents envelope, with an id of its own at each attempt, and reads the reply. Never throws. */
export function createDeliver({ post, secret, source, now, tracing }: DeliverOptions): Deliver {
  return async ({ functionName, timeoutSeconds, content, traceparent }) => {
    const span = tracing?.startSpan(`relay ${functionName}`, traceparent, { subject: content.subject });
    const traced = { ...content, traceparent: span?.traceparent ?? nextTraceparent(traceparent) };
    const { body, headers } = seal(traced, { source, secret: secret.reveal(), now: now() });
    const startedAt = performance.now();
    const delivery = await post(
      `/functions/${functionName}`,
      { ...headers },
      body,
      (timeoutSeconds + MARGIN_SECONDS) * 1000,
    ).then((answer) => readDelivery(answer, performance.now() - startedAt), deliveryOfError);
    span?.end(delivery.kind === 'replied' ? undefined : delivery.cause);
    return delivery;
  };
}

function readDelivery({ status, retryAfter, body }: Answer, tookMs: number): Delivery {
  if (status === 200) return readReply(body);
  const cause = `HTTP_${status}`;
  const seconds = Number(retryAfter);
  const asked = Number.isFinite(seconds) && seconds > 0 ? { retryAfterMs: seconds * 1000 } : {};
  const refused = status === 429 || (status === 503 && (tookMs < QUICK_MS || 'retryAfterMs' in asked));
  return refused ? { kind: 'throttled', cause, ...asked } : { kind: 'failed', cause };
}

function readReply(body: string): Delivery {
  try {
    return { kind: 'replied', reply: ReplySchema.parse(JSON.parse(body)) };
  } catch {
    // Whatever else it says, it is no reply.
    return { kind: 'failed', cause: 'REPLY_INVALID' };
  }
}

/** Failures that come before a connection stands: the function cannot have begun. */
const NOT_THERE: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

function deliveryOfError(error: unknown): Delivery {
  if (error instanceof PostTimeoutError) return { kind: 'failed', cause: 'TIMEOUT' };
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return NOT_THERE.has(code)
    ? { kind: 'throttled', cause: 'UNREACHABLE' }
    : { kind: 'failed', cause: 'CONNECTION_LOST' };
}
