import type { NatsConnection } from 'nats';
import type { SubjectWake } from '../../../shared/manifest.ts';
import type { Clock } from '../queue/clock.ts';
import { keyOfSubject } from '../watch/map-child.ts';
import type { BusConnection } from './connection.ts';

export interface SubjectWaker {
  wake: SubjectWake;
  /** Gets the key that a message's subject names. */
  add: (key: string) => void;
}

/** The stream has stored the message by the time the pass looks for it. */
const STORE_MS = 20;

/**
 * Enqueues keys when messages come. It is a plain subscription that keeps nothing: a pass reads what is stored, and the
 * end of the pod that published wakes the key as well.
 */
export function subscribeWakes(bus: BusConnection, wakers: readonly SubjectWaker[], clock: Clock): void {
  const known = new WeakSet<NatsConnection>();

  bus.onConnected(() => {
    const connection = bus.current();
    // The client renews its subscriptions by itself when it reconnects.
    if (connection === undefined || known.has(connection)) return;
    known.add(connection);
    for (const { wake, add } of wakers) {
      connection.subscribe(wake.subject, {
        callback: (error, message) => {
          const key = error === null ? keyOfSubject(message.subject, wake) : undefined;
          if (key !== undefined) clock.after(STORE_MS, () => add(key));
        },
      });
    }
  });
}
