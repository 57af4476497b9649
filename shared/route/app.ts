import { Hono } from 'hono';
import type { Bus } from '../bus/bus.ts';
import { within } from '../deadline.ts';
import type { Reply } from '../delivery/reply.ts';
import { AppError, ERRORS } from '../errors.ts';
import type { KubeClient } from '../kube/client.ts';
import { classifyFailure } from '../kube/failure.ts';
import type { FunctionManifest } from '../manifest.ts';
import { createShell, type FunctionPlace, lazily, refuse } from '../reconcile/function.ts';
import { log } from '../telemetry/log.ts';

/** A message of the bus, as a router gets it. The subject says who sent it, and nothing in the payload does [CTL-WX4]. */
export interface RoutedMessage {
  subject: string;
  /** Decoded JSON, of whatever form. */
  payload: unknown;
}

export interface RouteContext {
  kube: Pick<KubeClient, 'get' | 'create'>;
  bus: Pick<Bus, 'publish'>;
  signal: AbortSignal;
}

/** Deals with one message, which comes again until it is dealt with. Returns what became of it, in words. */
export type Router = (message: RoutedMessage, context: RouteContext) => Promise<string>;

/** Seconds that a router leaves of its function's time-out for the answer to get out. */
const MARGIN_SECONDS = 5;

/** The web app of a router: `POST /functions/<name>` takes a signed message envelope and answers 200 with a `Reply`. */
export function createRouterApp(manifest: FunctionManifest, router: Router, place: FunctionPlace): Hono {
  const start = lazily(() => createShell(place));
  return new Hono()
    .post(`/functions/${manifest.name}`, async ({ req, json }) => {
      const { receive, kube, bus } = start();
      const envelope = await receive(req.raw);
      if (envelope.type !== 'ai.sympozium.message')
        throw new AppError('ENVELOPE_INVALID', '`type` must be ai.sympozium.message');
      const message = { subject: envelope.subject, payload: envelope.data.message };
      return json(
        await within((manifest.timeoutSeconds - MARGIN_SECONDS) * 1000, (signal) =>
          route(manifest.name, router, message, { kube, bus, signal }),
        ),
      );
    })
    .onError(refuse);
}

/** Never throws: whatever goes wrong becomes the reply. */
async function route(name: string, router: Router, message: RoutedMessage, context: RouteContext): Promise<Reply> {
  try {
    log('info', 'Routed message', {
      function: name,
      subject: message.subject,
      decided: await router(message, context),
    });
    return { outcome: 'settled' };
  } catch (thrown) {
    const { code, message: error } = classifyFailure(thrown);
    log('warn', 'Message was not routed', { function: name, subject: message.subject, code, error });
    return { outcome: ERRORS[code].disposition === 'retry' ? 'retry' : 'terminal', code };
  }
}
