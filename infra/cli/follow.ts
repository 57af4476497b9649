import { setTimeout as delay } from 'node:timers/promises';
import type { AgentRunStatus } from '../../crds/agentrun-status.ts';
import { type ApiClient, ApiError, UnreachableError } from './api-client.ts';
import { readEvents, type StreamEvent } from './event-stream.ts';

/** A piece of what the agent says and does (AgentRun spec 6.1). `tool_use` holds JSON `{"name","input"}`. */
export interface Chunk {
  type: 'text' | 'thinking' | 'tool_use' | 'tool_result';
  content: string;
}

export type RunEvent =
  | { event: 'status'; status: AgentRunStatus }
  | { event: 'chunk'; chunk: Chunk }
  | { event: 'end' }
  | { event: 'deleted' }
  /** The connection was lost and is being made anew. */
  | { event: 'reconnecting' };

/**
 * Follows a run until it has ended and all its text was sent. A stream that ends or breaks before is taken up again after the
 * last event that came; an API that stays away too long is an `UnreachableError`.
 */
export async function* followRun(api: ApiClient, name: string, signal: AbortSignal): AsyncGenerator<RunEvent> {
  const patience = createPatience();
  let lastEventId: string | undefined;
  for (;;) {
    try {
      for await (const event of eventsOf(api, name, lastEventId, signal)) {
        patience.renew();
        lastEventId = event.id ?? lastEventId;
        const understood = understand(event);
        if (understood !== undefined) yield understood;
        if (understood?.event === 'end' || understood?.event === 'deleted') return;
      }
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ApiError && error.status === 404) return yield { event: 'deleted' };
      patience.spend(error);
      yield { event: 'reconnecting' };
    }
    await patience.pause(signal);
  }
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 4_000;
/** As long as a restart of everything takes, and some more. */
const GIVE_UP_AFTER_MS = 90_000;

/** How long a follower keeps trying: pauses that grow while nothing comes, and an end. */
function createPatience() {
  let failingSince: number | undefined;
  let pauseMs = FIRST_PAUSE_MS;
  return {
    renew(): void {
      failingSince = undefined;
      pauseMs = FIRST_PAUSE_MS;
    },
    /** Throws what it is given when trying again is of no use: the API refused, or was away for too long. */
    spend(error: unknown): void {
      failingSince ??= performance.now();
      const refused = error instanceof ApiError && error.status < 500;
      if (refused || performance.now() - failingSince > GIVE_UP_AFTER_MS) throw error;
    },
    async pause(signal: AbortSignal): Promise<void> {
      await delay(pauseMs, undefined, { signal });
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    },
  };
}

async function* eventsOf(api: ApiClient, name: string, lastEventId: string | undefined, signal: AbortSignal) {
  const response = await api.openEvents(name, lastEventId, signal);
  if (response.body === null) return;
  try {
    yield* readEvents(response.body);
  } catch (cause) {
    throw new UnreachableError('The API broke off the stream of events.', 1, { cause });
  }
}

/** Events of a kind that this client does not know are for newer ones. */
function understand({ event, data }: StreamEvent): RunEvent | undefined {
  switch (event) {
    case 'status':
      return { event, status: JSON.parse(data) as AgentRunStatus };
    case 'chunk':
      return { event, chunk: JSON.parse(data) as Chunk };
    case 'end':
    case 'deleted':
      return { event };
    default:
      return undefined;
  }
}
