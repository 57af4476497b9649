import { Hono } from 'hono';
import * as z from 'zod';
import type { Bus } from '../bus/bus.ts';
import { createRelayBus } from '../bus/relay-bus.ts';
import { type Environment, loadConfig, secret, secretList } from '../config/load.ts';
import { within } from '../deadline.ts';
import type { Envelope, ReconcileEnvelope } from '../delivery/envelope.ts';
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
import type { ObjectKey, Reconciler } from './reconciler.ts';

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

/**
 * The web app of a reconciler: `POST /functions/<name>` takes a signed reconcile envelope and answers 200 with a `Reply`,
 * 401 or 400 when the request is refused, and 500 when the function cannot start.
 */
export function createReconcilerApp<Observed extends { primary: KubeObject | undefined }, Config>(
  manifest: FunctionManifest,
  reconciler: Reconciler<Observed, Config>,
  place: FunctionPlace,
  configure: (env: Environment) => Config,
  report: (report: PassReport) => void = logPass(manifest.name),
): Hono {
  const budgetMs = (manifest.timeoutSeconds - MARGIN_SECONDS) * 1000;
  const start = lazily(() => ({
    shell: createShell(place),
    config: configure(place.env),
    telemetry: createPassTelemetry({
      name: manifest.name,
      kind: reconciler.resource.kind.toLowerCase(),
      env: place.env,
      signals: (one) => reconciler.signals?.(one) ?? {},
    }),
  }));
  return new Hono()
    .post(`/functions/${manifest.name}`, async ({ req, json }) => {
      const { shell, config, telemetry } = start();
      const envelope = await shell.receive(req.raw);
      const key = keyOf(envelope, reconciler.resource.plural);
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
