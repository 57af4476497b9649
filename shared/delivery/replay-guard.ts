import { TOLERANCE_SECONDS } from './signature.ts';

/** Keeps a flood of signed requests from growing the memory of one process without bound. */
const MAX_IDS = 100_000;

/**
 * Remembers the ids of accepted requests for as long as their signature would still be accepted. It lives in one process:
 * behind several, a replay costs one more pass, which changes nothing, since passes are idempotent.
 */
export function createReplayGuard() {
  const expiry = new Map<string, number>();

  /** False when the id was seen before. */
  function admit(id: string, now: Date): boolean {
    const time = now.getTime();
    // Insertion order is expiry order, so the stale ids are at the front.
    for (const [seen, until] of expiry) {
      if (until > time && expiry.size < MAX_IDS) break;
      expiry.delete(seen);
    }
    if (expiry.has(id)) return false;
    expiry.set(id, time + 2 * TOLERANCE_SECONDS * 1000);
    return true;
  }
  return { admit };
}
