import { Hono } from 'hono';
import type { AgentRun } from '../../crds/agentrun.ts';
import { KINDS } from '../../crds/group.ts';
import type { ApiDependencies } from './app.ts';
import { fetchObject } from './objects.ts';
import { namespaceOf, numberParameter, queryParameter } from './query.ts';
import { followRun } from './run-events.ts';
import { followRunLog, readRunLog } from './run-logs.ts';
import { KEEP_ALIVE, serverSentEvent, streaming } from './stream.ts';

const TEXT = 'text/plain; charset=utf-8';

/**
 * Ours. `GET /runs/{name}/events?after=`: an event stream of one run's status and text (API-W08: of no other's), resumed after
 * the sequence in `Last-Event-ID` or `after`. `GET /runs/{name}/logs?container=&follow=true`: its pod's log as plain text.
 */
export function runStreamRoutes({ kube, bus, streamSeconds }: ApiDependencies): Hono {
  const runAt = (url: string, name: string) =>
    fetchObject<AgentRun>(kube, KINDS.AgentRun, { namespace: namespaceOf(url), name });
  return new Hono()
    .get('/:name/events', async ({ req }) => {
      const afterSequence = lastEventId(req.header('last-event-id')) ?? numberParameter(req.url, 'after') ?? 0;
      const run = await runAt(req.url, req.param('name'));
      return streaming(req.raw, streamSeconds, 'text/event-stream', async function* events(signal) {
        for await (const event of followRun({ kube, bus, run, afterSequence, signal })) {
          yield event === undefined ? KEEP_ALIVE : serverSentEvent(event);
        }
      });
    })
    .get('/:name/logs', async ({ req }) => {
      const run = await runAt(req.url, req.param('name'));
      const container = queryParameter(req.url, 'container');
      const follow = ['', '1', 'true'].includes(queryParameter(req.url, 'follow') ?? 'false');
      if (!follow) return new Response(await readRunLog(kube, run, container), { headers: { 'content-type': TEXT } });
      return streaming(req.raw, streamSeconds, TEXT, (signal) => followRunLog(kube, run, { container, signal }));
    });
}

/** What is not a sequence of ours is no reason to refuse: the stream begins anew. */
function lastEventId(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}
