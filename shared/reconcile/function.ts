import { Hono } from 'hono';
import * as z from 'zod';
import type { Bus } from '../bus/bus.ts';
import { createRelayBus } from '../bus/relay-bus.ts';
import { type Environment, loadConfig, secret, secretList } from '../config/load.ts';
import { within } from '../deadline.ts';
import type { Envelope, MessageEnvelope, ReconcileEnvelope } from '../delivery/envelope.ts';
import { createReceiver } from '../delivery/receive.ts';
import type { Reply } from '../delivery/reply.ts';
import { AppError, ERRORS } from '../errors.ts';
import { createKubeClient, type KubeClient } from '../kube/client.ts';
import { connectionFrom } from '../kube/connection.ts';
import { classifyFailure } from '../kube/failure.ts';
import type { KubeObject } from '../kube/objects.ts';
import type { Connection } from '../kube/transport.ts';
import type { FunctionManifest } from '../manifest.ts';
import { logPass } from '../telemetry/log.ts';
import { createPassTelemetry } from '../telemetry/pass-telemetry.ts';
import { type PassReport, reconcile } from './pass.ts';
import type { ObjectKey, ObserveContext, Reconciler } from './reconciler.ts';

/** Where a function runs: its variables, and the cluster if the place has chosen one (the host gives each its own identity). */
export interface FunctionPlace {
  env: Environment;
  connection?: Connection;
}

/** What every function called by the relay needs. */
export const ShellEnvironmentSchema = z.object({
  RELAY_URL: z.url().describe('The relay, through which messages are published and read.'),
  RELAY_TO_FUNCTION_SECRETS: secretList.describe(
    'Keys that requests may be signed with, parted by spaces: two while a key is replaced.',
  ),
  FUNCTION_TO_RELAY_SECRET: secret.describe('Key that requests to the relay are signed with.'),
});

/** What a function works with, built once per process and lazily, so that importing a bundle does nothing. */
export interface Shell {
  kube: KubeClient;
  bus: Bus;
  now: () => Date;
  receive: (request: Request) => Promise<Envelope>;
}

export function createShell({ env, connection }: FunctionPlace): Shell {
  const config = loadConfig(ShellEnvironmentSchema, env);
  const now = () => new Date();
  return {
    kube: createKubeClient(connection ?? connectionFrom(env)),
    bus: createRelayBus({ url: config.RELAY_URL, secret: config.FUNCTION_TO_RELAY_SECRET, now }),
    now,
    receive: createReceiver(
      config.RELAY_TO_FUNCTION_SECRETS.map((one) => one.reveal()),
      now,
    ),
  };
}

/** Seconds that a pass leaves of its function's time-out for the answer to get out. */
const MARGIN_SECONDS = 5;

type Sighting = { primary: KubeObject | undefined };
type Report = (report: PassReport) => void;

/** The web app of a reconciler, which takes reconcile envelopes. */
export function createReconcilerApp<Observed extends Sighting, Config>(
  manifest: FunctionManifest,
  reconciler: Reconciler<Observed, Config>,
  place: FunctionPlace,
  configure: (env: Environment) => Config,
  report?: Report,
): Hono {
  const { resource } = reconciler;
  const errand = (envelope: Envelope) => ({ key: keyOf(envelope, resource.plural), reconciler });
  const kind = resource.kind.toLowerCase();
  const signals = (one: PassReport) => reconciler.signals?.(one) ?? {};
  return createPassApp(manifest, place, { kind, configure, errand, signals, report });
}

/** A message of the bus as a router is sent it. */
export interface RoutedMessage {
  subject: string;
  /** Its place in the stream: the same at each delivery. */
  sequence: number;
  /** Whatever was published. */
  message: unknown;
}

/**
 * A router: a reconciler whose passes are over messages, which cannot be read again. `Observed.primary` is the object that what
 * is made belongs to. A plan that cannot be throws an error that is terminal, and the message is parked with its code.
 */
export interface Router<Observed extends Sighting, Config> extends Omit<Reconciler<Observed, Config>, 'observe'> {
  observe(message: RoutedMessage, context: ObserveContext, config: Config): Promise<Observed>;
}

/** The pass of a router over one message. */
export function overMessage<Observed extends Sighting, Config>(
  router: Router<Observed, Config>,
  message: RoutedMessage,
): Reconciler<Observed, Config> {
  return { ...router, observe: (_key, context, config) => router.observe(message, context, config) };
}

/** The web app of a router, which takes message envelopes. */
export function createRouterApp<Observed extends Sighting, Config>(
  manifest: FunctionManifest,
  router: Router<Observed, Config>,
  place: FunctionPlace,
  configure: (env: Environment) => Config,
): Hono {
  const errand = (envelope: Envelope) => {
    const routed = messageOf(envelope);
    // What a message is about is known once it is read; its subject and place name it in logs.
    const key = { namespace: '', name: `${routed.subject}#${routed.sequence}` };
    return { key, reconciler: overMessage(router, routed) };
  };
  const signals = (one: PassReport) => router.signals?.(one) ?? {};
  return createPassApp(manifest, place, { kind: 'message', configure, errand, signals });
}

interface PassApp<Observed extends Sighting, Config> {
  /** What passes are over, in their spans. */
  kind: string;
  configure: (env: Environment) => Config;
  /** What an envelope asks for. */
  errand: (envelope: Envelope) => { key: ObjectKey; reconciler: Reconciler<Observed, Config> };
  signals: NonNullable<Reconciler<Observed, Config>['signals']>;
  report?: Report | undefined;
}

/**
 * `POST /functions/<name>` takes a signed envelope and answers 200 with a `Reply`, 401 or 400 when the request is refused, and
 * 500 when the function cannot start.
 */
function createPassApp<Observed extends Sighting, Config>(
  manifest: FunctionManifest,
  place: FunctionPlace,
  { kind, configure, errand, signals, report = logPass(manifest.name) }: PassApp<Observed, Config>,
): Hono {
  const budgetMs = (manifest.timeoutSeconds - MARGIN_SECONDS) * 1000;
  const start = lazily(() => ({
    shell: createShell(place),
    config: configure(place.env),
    telemetry: createPassTelemetry({ name: manifest.name, kind, env: place.env, signals }),
  }));
  return new Hono()
    .post(`/functions/${manifest.name}`, async ({ req, json }) => {
      const { shell, config, telemetry } = start();
      const envelope = await shell.receive(req.raw);
      const { key, reconciler } = errand(envelope);
      const { kube, bus, now } = shell;
      const trace = telemetry.begin(envelope.traceparent);
      const tell = (one: PassReport) => {
        report(one);
        trace.end(one);
      };
      const tools = { kube, bus, config, now, traceparent: trace.traceparent, report: tell };
      const reply: Reply = await within(budgetMs, (signal) => reconcile(reconciler, key, tools, signal));
      await telemetry.settle();
      return json(reply);
    })
    .onError(refuse);
}

/** Builds once, at the first call; a failed build is tried again at the next. */
export function lazily<T>(build: () => T): () => T {
  let built: { value: T } | undefined;
  return () => {
    built ??= { value: build() };
    return built.value;
  };
}

/** The answer to a request that led to no pass. */
export function refuse(thrown: Error): Response {
  const error = classifyFailure(thrown);
  return Response.json({ code: error.code, message: error.message }, { status: ERRORS[error.code].status });
}

function messageOf(envelope: Envelope): RoutedMessage {
  if (envelope.type !== 'ai.sympozium.message') {
    throw new AppError('ENVELOPE_INVALID', `\`type\` must be ai.sympozium.message, not ${envelope.type}`);
  }
  const { subject, data }: MessageEnvelope = envelope;
  return { subject, sequence: data.sequence, message: data.message };
}

function keyOf(envelope: Envelope, plural: string): ObjectKey {
  if (envelope.type !== 'ai.sympozium.reconcile') throw notFor(plural, envelope.type);
  return parseKey(envelope, plural);
}

function parseKey({ subject }: ReconcileEnvelope, plural: string): ObjectKey {
  const [kind, namespace, name, ...rest] = subject.split('/');
  if (kind !== plural || namespace === undefined || name === undefined || name === '' || rest.length > 0) {
    throw notFor(plural, subject);
  }
  return { namespace, name };
}

function notFor(plural: string, what: string): AppError {
  return new AppError(
    'ENVELOPE_INVALID',
    `\`subject\` must be ${plural}/<namespace>/<name>, not ${what.slice(0, 100)}`,
  );
}
