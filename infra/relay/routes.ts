import * as z from 'zod';
import { AppError } from '../../shared/errors.ts';
import { isDnsLabel, isDnsSubdomain } from '../../shared/kube/names.ts';
import type { RelayFunction } from './config.ts';
import type { Deliver } from './delivery/deliver.ts';
import type { Memory } from './memory/memory.ts';
import type { BusConnection } from './nats/connection.ts';
import { type DeadLetter, getDeadLetter, listDeadLetters, removeDeadLetter } from './nats/dead-letters.ts';
import { lastMessage, messagesSince, parse, publish } from './nats/stored-messages.ts';
import type { Route } from './server.ts';
import type { createSignedRequests } from './signed-request.ts';

export interface RouteDependencies {
  bus: BusConnection;
  functions: readonly RelayFunction[];
  deliver: Deliver;
  signed: ReturnType<typeof createSignedRequests>;
  published: (result: 'stored' | 'duplicate' | 'failed') => void;
  /** Undefined where no memory is served. */
  memory: Memory | undefined;
  metrics: () => string;
  /** What is not ready, in words. */
  missing: () => string[];
}

/** Every endpoint of the relay. Those that touch messages take signed requests only. */
export function createRoutes(dependencies: RouteDependencies): Record<string, Route> {
  const { bus, signed, metrics, missing } = dependencies;
  return {
    'GET /healthz': () => ({ status: 200, body: 'ok\n' }),
    'GET /readyz': () => {
      const waitsFor = missing();
      return { status: waitsFor.length === 0 ? 200 : 503, body: { ready: waitsFor.length === 0, missing: waitsFor } };
    },
    'GET /metrics': () => ({ status: 200, body: metrics() }),
    'POST /publish': async (request) => publishRoute(dependencies, await signed(request)),
    'POST /memories': async (request) => {
      const { owner, ...memory } = parse(MemorySchema, jsonOf(await signed(request)));
      if (dependencies.memory === undefined)
        throw new AppError('NOT_FOUND', 'MEMORY_SECRETS is not set: no memory is kept');
      return { status: 200, body: await dependencies.memory.store(owner, memory) };
    },
    'GET /messages/last': async (request, url) => {
      await signed(request);
      const message = await lastMessage(bus, url.searchParams.get('subject'));
      if (message === undefined) throw new AppError('NOT_FOUND', 'The stream holds no message on this subject');
      return { status: 200, body: message };
    },
    'GET /messages': async (request, url) => {
      await signed(request);
      const { searchParams } = url;
      return {
        status: 200,
        body: await messagesSince(bus, searchParams.get('subject'), searchParams.get('after') ?? 0),
      };
    },
    'GET /dead-letters': async (request, url) => {
      await signed(request);
      return { status: 200, body: { items: await listDeadLetters(bus, Object.fromEntries(url.searchParams)) } };
    },
    'POST /dead-letters/replay': async (request) => {
      const { sequences } = parse(ReplaySchema, jsonOf(await signed(request)));
      const items = [];
      for (const sequence of sequences) items.push({ sequence, outcome: await replay(dependencies, sequence) });
      return { status: 200, body: { items } };
    },
  };
}

async function publishRoute({ bus, published }: RouteDependencies, body: Buffer) {
  try {
    const stored = await publish(bus, jsonOf(body));
    published(stored.duplicate ? 'duplicate' : 'stored');
    return { status: 200, body: stored };
  } catch (error) {
    published('failed');
    throw error;
  }
}

/** What a function wants an instance or a pack to recall; the names become parts of a path. */
const MemorySchema = z.object({
  owner: z.object({
    kind: z.enum(['instance', 'pack']),
    namespace: z.string().refine(isDnsLabel),
    name: z.string().refine(isDnsSubdomain),
  }),
  content: z.string().min(1).max(16_384),
  tags: z.array(z.string().min(1).max(253)).max(16),
});

const ReplaySchema = z.object({ sequences: z.array(z.int().min(1)).min(1).max(100) });

/**
 * Sends a dead letter once more, and only to the function that could not deal with it; others that took the message from
 * its subject have had it. It leaves the stream once it is settled.
 */
async function replay({ bus, functions, deliver }: RouteDependencies, sequence: number): Promise<string> {
  const letter = await getDeadLetter(bus, sequence);
  if (letter === undefined) return 'absent';
  const target = functions.find(({ name }) => name === letter.functionName);
  if (target === undefined) return 'FUNCTION_UNKNOWN';
  const { name, timeoutSeconds } = target;
  const delivery = await deliver({ functionName: name, timeoutSeconds, content: contentOf(letter) });
  if (delivery.kind !== 'replied') return delivery.cause;
  const { reply } = delivery;
  if (reply.outcome === 'settled') await removeDeadLetter(bus, sequence);
  return 'code' in reply ? reply.code : reply.outcome;
}

function contentOf({ subject, payload, originalSequence, deliveries }: DeadLetter) {
  const data = { message: payload ?? null, sequence: originalSequence, deliveries: deliveries + 1 };
  return { type: 'ai.sympozium.message' as const, subject, data };
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new AppError('REQUEST_INVALID', 'The body must be JSON in UTF-8', { cause });
  }
}
