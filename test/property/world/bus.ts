import type { Bus, StoredMessage } from '../../../shared/bus/bus.ts';
import { AppError } from '../../../shared/errors.ts';
import type { BusMessage } from '../../../shared/reconcile/plan.ts';
import type { Clock } from './clock.ts';
import type { Interrupt } from './interrupt.ts';
import { saved } from './json.ts';

/** A stream in memory that stores an id once, and can be away. */
export interface WorldBus extends Pick<Bus, 'publish' | 'last' | 'remember'> {
  /** A message of a pod, which no pass publishes. */
  put(subject: string, payload: unknown): void;
  setAway(away: boolean): void;
  /** What passes published, each id once. */
  published(): readonly BusMessage[];
  /** What agents are to recall, each once. */
  memories(): readonly string[];
  /** Every publication, repeats too. */
  attempts(): readonly BusMessage[];
  /** Returns what takes the bus back to what it holds now. */
  save(): () => void;
}

export function createBus(clock: Clock, interrupt: Interrupt): WorldBus {
  const messages: StoredMessage[] = [];
  const byId = new Map<string, BusMessage>();
  const attempts: BusMessage[] = [];
  const memories = new Set<string>();
  let away = false;
  const put = (subject: string, payload: unknown) =>
    messages.push({ subject, sequence: messages.length + 1, time: clock.now().toISOString(), payload });
  const check = () => {
    if (away) throw new AppError('UPSTREAM_UNAVAILABLE', 'The relay could not be reached');
  };
  return {
    put,
    setAway: (value) => {
      away = value;
    },
    published: () => [...byId.values()],
    attempts: () => attempts,
    memories: () => [...memories],
    save: () => {
      const [ids, kept, tries, was] = [saved(byId), [...messages], [...attempts], away];
      return () => {
        ids();
        messages.splice(0, messages.length, ...kept);
        attempts.splice(0, attempts.length, ...tries);
        away = was;
      };
    },
    publish: async (message) => {
      check();
      interrupt.around(`publish ${message.subject}`, () => {
        attempts.push(message);
        if (byId.has(message.id)) return;
        byId.set(message.id, message);
        put(message.subject, message.payload);
      });
    },
    remember: async ({ content }) => {
      check();
      interrupt.around('remember', () => memories.add(content));
    },
    last: async (subject) => {
      interrupt.check();
      check();
      return messages.findLast((message) => message.subject === subject);
    },
  };
}
