import { randomUUID } from 'node:crypto';
import type { Secret } from '../config/load.ts';
import { sign } from '../delivery/signature.ts';
import { AppError } from '../errors.ts';
import type { BusMessage } from '../reconcile/plan.ts';
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
 * The bus behind the relay's signed endpoints: `POST /publish`, `GET /messages/last?subject=` (a `StoredMessage` or 404) and
 * `GET /messages?subject=&after=` (a JSON array of `StoredMessage`, oldest first, empty when there are none).
 */
export function createRelayBus({ url, secret, now }: RelayBusOptions): Bus {
  async function call(path: string, init: { method: string; body: string }, signal?: AbortSignal): Promise<Response> {
    const deadline = AbortSignal.timeout(DEADLINE_MS);
    const request = {
      method: init.method,
      headers: {
        'content-type': 'application/json',
        // A GET has no body, so its path is what is signed.
        ...sign(secret.reveal(), randomUUID(), init.method === 'GET' ? path : init.body, now()),
      },
      ...(init.method !== 'GET' && { body: init.body }),
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
    };
    const response = await fetch(new URL(path, url), request).catch((cause: unknown) => {
      throw new AppError('UPSTREAM_UNAVAILABLE', 'The relay could not be reached', { cause });
    });
    if (response.ok || response.status === 404) return response;
    await response.body?.cancel();
    throw new AppError(
      'UPSTREAM_UNAVAILABLE',
      `The relay answered ${response.status} to ${init.method} ${path.split('?')[0]}`,
    );
  }

  return {
    async publish(message: BusMessage, signal?: AbortSignal): Promise<void> {
      const response = await call('/publish', { method: 'POST', body: JSON.stringify(message) }, signal);
      await response.body?.cancel();
      if (!response.ok) throw new AppError('UPSTREAM_UNAVAILABLE', 'The relay has no publish endpoint');
    },
    async last(subject: string, signal?: AbortSignal): Promise<StoredMessage | undefined> {
      const response = await call(
        `/messages/last?subject=${encodeURIComponent(subject)}`,
        { method: 'GET', body: '' },
        signal,
      );
      if (response.ok) return (await response.json()) as StoredMessage;
      await response.body?.cancel();
      return undefined;
    },
    async since(subject: string, afterSequence: number, signal?: AbortSignal): Promise<StoredMessage[]> {
      const path = `/messages?subject=${encodeURIComponent(subject)}&after=${afterSequence}`;
      const response = await call(path, { method: 'GET', body: '' }, signal);
      if (response.ok) return (await response.json()) as StoredMessage[];
      await response.body?.cancel();
      return [];
    },
  };
}
