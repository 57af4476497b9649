import { Hono } from 'hono';
import { AppError } from '../../shared/errors.ts';
import { createShell, type FunctionPlace, lazily, refuse } from '../../shared/reconcile/function.ts';
import { log } from '../../shared/telemetry/log.ts';
import { loadSweepConfig } from './config.ts';
import { manifest } from './function.ts';
import { requestPass } from './request-pass.ts';
import { type Swept, sweep } from './sweep.ts';

/** Seconds that a sweep leaves of its function's time-out. */
const MARGIN_SECONDS = 5;

/** The sweep of one place, and the web app that a signed tick reaches it by. */
export function createSweep(place: FunctionPlace): { app: Hono; tick: () => Promise<Swept> } {
  const start = lazily(() => ({ shell: createShell(place), config: loadSweepConfig(place.env) }));

  async function tick(): Promise<Swept> {
    const { shell, config } = start();
    const now = shell.now();
    const signal = AbortSignal.timeout((manifest.timeoutSeconds - MARGIN_SECONDS) * 1000);
    const swept = await sweep({
      kube: shell.kube,
      pass: (key) => requestPass(key, config, shell.now(), signal),
      now,
      maxHistory: config.maxHistory,
      signal,
    });
    if (swept.passes + swept.pruned > 0) log('info', 'Swept agent runs', { ...swept });
    return swept;
  }

  const app = new Hono()
    .post(`/functions/${manifest.name}`, async ({ req, json }) => {
      const envelope = await start().shell.receive(req.raw);
      if (envelope.type !== 'ai.sympozium.tick')
        throw new AppError('ENVELOPE_INVALID', '`type` must be ai.sympozium.tick');
      await tick();
      return json({ outcome: 'settled' });
    })
    .onError(refuse);
  return { app, tick };
}
