import type { MessageOutcome } from '../nats/message-handler.ts';
import type { WatchTrouble } from '../watch/list-watch.ts';
import type { Registry } from './registry.ts';

/** What the gauges show, asked for at each scrape. */
export interface RelayState {
  natsConnected: () => boolean;
  /** Live objects by plural. */
  watched: () => [string, number][];
}

/** Metrics of the relay beyond those of its queues. */
export function createRelayMetrics(registry: Registry, { natsConnected, watched }: RelayState) {
  const messages = registry.counter('sympozium_relay_messages_total', 'Messages sent to functions, by outcome.');
  const published = registry.counter('sympozium_relay_published_total', 'Messages published for functions, by result.');
  const lists = registry.counter('sympozium_relay_lists_total', 'Lists made of a resource.');
  const troubles = registry.counter(
    'sympozium_relay_watch_troubles_total',
    'Watches that had to be started anew, by cause.',
  );

  registry.gauge('sympozium_relay_nats_connected', 'Whether NATS is connected.', () => [[{}, natsConnected() ? 1 : 0]]);
  registry.gauge('sympozium_relay_watched_objects', 'Live objects of a resource.', () =>
    watched().map(([resource, count]) => [{ resource }, count]),
  );
  registry.gauge('process_resident_memory_bytes', 'Resident memory size in bytes.', () => [
    [{}, process.memoryUsage.rss()],
  ]);
  registry.gauge('nodejs_heap_size_used_bytes', 'Bytes of the heap in use.', () => [
    [{}, process.memoryUsage().heapUsed],
  ]);
  registry.gauge('process_start_time_seconds', 'Start of the process, in seconds since 1970.', () => [
    [{}, Math.round(Date.now() / 1000 - process.uptime())],
  ]);

  return {
    message: (name: string, outcome: MessageOutcome, reason = ''): void =>
      messages.add({ function: name, outcome, ...(outcome !== 'settled' && { reason }) }),
    published: (result: 'stored' | 'duplicate' | 'failed'): void => published.add({ result }),
    listed: (resource: string): void => lists.add({ resource }),
    troubled: (resource: string, cause: WatchTrouble): void => troubles.add({ resource, cause }),
  };
}
