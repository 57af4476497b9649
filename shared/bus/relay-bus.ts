import { randomUUID } from 'node:crypto';
import type { Secret } from '../config/load.ts';
import { within } from '../deadline.ts';
import { sign } from '../delivery/signature.ts';
import { AppError } from '../errors.ts';
import type { BusMessage, NewMemory } from '../reconcile/plan.ts';
import type { Bus, StoredMessage } from './bus.ts';

export interface RelayBusOptions {
  /** The relay's base URL. */
  url: string;
  /** Key of the direction function → relay. */
  secret: Secret;
  now: () => Date;
}

const DEADLINE_MS = 5_000;

/**
 * The bus behind the relay's signed endpoints: `POST /publish`, `POST /memories`, `GET /messages/last?subject=` (a `StoredMessage` or 404) and
 * `GET /messages?subject=&after=` (a JSON array of `StoredMessage`, oldest first, empty when there are none).
 */
export function createRelayBus({ url, secret, now }: RelayBusOptions): Bus {
  /** Reads the answer with `read` within the deadline; undefined for a 404. */
  function call<T>(
    path: string,
    init: { method: 'GET' | 'POST'; body: string },
    read: (response: Response) => Promise<T>,
    outer?: AbortSignal,
  ): Promise<T | undefined> {
    return within(DEADLINE_MS, (signal) => exchange(path, init, read, signal), outer);
  }

  async function exchange<T>(
    path: string,
    init: { method: 'GET' | 'POST'; body: string },
    read: (response: Response) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    const request = {
      method: init.method,
      headers: {
        'content-type': 'application/json',
        // A GET has no body, so its path is what is signed.
        ...sign(secret.reveal(), randomUUID(), init.method === 'GET' ? path : init.body, now()),
      },
      ...(init.method !== 'GET' && { body: init.body }),
      signal,
    };
    const response = await fetch(new URL(path, url), request).catch((cause: unknown) => {
      throw new AppError('UPSTREAM_UNAVAILABLE', 'The relay could not be reached', { cause });
    });
    if (response.ok) return read(response);
    await response.body?.cancel();
    if (response.status === 404) return undefined;
    throw new AppError(
      'UPSTREAM_UNAVAILABLE',
      `The relay answered ${response.status} to ${init.method} ${path.split('?')[0]}`,
    );
  }

  const discard = async (response: Response): Promise<true> => {
    await response.body?.cancel();
    return true;
  };
  const get = <T>(path: string, signal?: AbortSignal): Promise<T | undefined> =>
    call(path, { method: 'GET', body: '' }, async (response) => (await response.json()) as T, signal);

  return {
    async publish(message: BusMessage, signal?: AbortSignal): Promise<void> {
      const stored = await call('/publish', { method: 'POST', body: JSON.stringify(message) }, discard, signal);
      if (stored === undefined) throw new AppError('UPSTREAM_UNAVAILABLE', 'The relay has no publish endpoint');
    },
    async remember(memory: NewMemory, signal?: AbortSignal): Promise<void> {
      const stored = await call('/memories', { method: 'POST', body: JSON.stringify(memory) }, discard, signal);
      if (stored === undefined) throw new AppError('UPSTREAM_UNAVAILABLE', 'The relay keeps no memories');
    },
    last: (subject, signal) => get<StoredMessage>(`/messages/last?subject=${encodeURIComponent(subject)}`, signal),
    async since(subject, afterSequence, signal) {
      const path = `/messages?subject=${encodeURIComponent(subject)}&after=${afterSequence}`;
      return (await get<StoredMessage[]>(path, signal)) ?? [];
    },
  };
}
