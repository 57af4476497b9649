import type { Reply } from '../../../shared/delivery/reply.ts';

/** What came of one signed POST. */
export type Delivery =
  | { kind: 'replied'; reply: Reply }
  /** No usable answer; `cause` is a constant word such as `TIMEOUT` or `HTTP_500`. The function may have worked. */
  | { kind: 'failed'; cause: string }
  /** The function took nothing up: it is not there, or at its limit. */
  | { kind: 'throttled'; cause: string; retryAfterMs?: number };
