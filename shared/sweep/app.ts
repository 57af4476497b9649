import { Hono } from 'hono';
import type { LambdaContext, LambdaEvent } from 'hono/aws-lambda';
import type { Environment } from '../config/load.ts';
import { lambdaHandler } from '../delivery/lambda.ts';
import type { Reply } from '../delivery/reply.ts';
import { AppError } from '../errors.ts';
import type { KubeClient } from '../kube/client.ts';
import type { FunctionManifest } from '../manifest.ts';
import { createShell, type FunctionPlace, lazily, refuse } from '../reconcile/function.ts';
import type { ObjectKey } from '../reconcile/reconciler.ts';
import { loadSweepConfig } from './config.ts';
import { requestPass } from './request-pass.ts';

/** What one tick of a sweep works with. */
interface SweepContext<Config> {
  kube: KubeClient;
  /** Asks the reconciler for one pass over an object. */
  pass: (key: ObjectKey) => Promise<Reply>;
  config: Config;
  now: Date;
  signal: AbortSignal;
}

export interface SweepSpec<Config, Swept> {
  manifest: FunctionManifest;
  /** The reconciler that passes are asked of, and its objects' plural. */
  functionName: string;
  plural: string;
  configure: (env: Environment) => Config;
  tick: (context: SweepContext<Config>) => Promise<Swept>;
}

/** Seconds that a sweep leaves of its function's time-out. */
const MARGIN_SECONDS = 5;

/** The sweep of one place, and the web app that a signed tick reaches it by. */
export function createSweep<Config, Swept>(
  { manifest, functionName, plural, configure, tick }: SweepSpec<Config, Swept>,
  place: FunctionPlace,
): { app: Hono; sweep: () => Promise<Swept> } {
  const { env } = place;
  const start = lazily(() => ({ shell: createShell(place), config: configure(env), asking: loadSweepConfig(env) }));

  async function sweep(): Promise<Swept> {
    const { shell, config, asking } = start();
    const signal = AbortSignal.timeout((manifest.timeoutSeconds - MARGIN_SECONDS) * 1000);
    const pass = (key: ObjectKey) => requestPass(key, { functionName, plural, ...asking }, shell.now(), signal);
    return tick({ kube: shell.kube, pass, config, now: shell.now(), signal });
  }

  const app = new Hono()
    .post(`/functions/${manifest.name}`, async ({ req, json }) => {
      const envelope = await start().shell.receive(req.raw);
      if (envelope.type !== 'ai.sympozium.tick')
        throw new AppError('ENVELOPE_INVALID', '`type` must be ai.sympozium.tick');
      await sweep();
      return json({ outcome: 'settled' });
    })
    .onError(refuse);
  return { app, sweep };
}

/** Lambda entry: an EventBridge rule sends an event of its own kind, which IAM vouches for; all else comes over HTTP, signed. */
export function sweepHandler<Config, Swept extends object>(spec: SweepSpec<Config, Swept>) {
  const web = lambdaHandler((place) => createSweep(spec, place).app);
  const scheduled = lazily(() => createSweep(spec, { env: process.env }));
  return async (event: LambdaEvent | { 'detail-type': string }, context?: LambdaContext): Promise<object> =>
    'detail-type' in event ? scheduled().sweep() : web(event, context);
}
