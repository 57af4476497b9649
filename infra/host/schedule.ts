import { seal } from '../../shared/delivery/seal.ts';
import { log } from '../../shared/telemetry/log.ts';
import type { LoadedFunction } from './functions.ts';

const MINUTE_MS = 60_000;

/** Stands in for the EventBridge rule: sends each scheduled function a signed tick, and never two at once. Returns how to stop. */
export function startSchedules(functions: readonly LoadedFunction[], secret: string): () => void {
  const timers = functions.flatMap(({ manifest, app }) => {
    const { name, schedule } = manifest;
    if (schedule === undefined) return [];
    let running = false;
    const tick = async () => {
      if (running) return;
      running = true;
      try {
        const response = await app.request(tickRequest(name, secret, new Date()));
        if (!response.ok) log('warn', 'Tick was refused', { function: name, status: response.status });
      } catch (error) {
        log('warn', 'Tick failed', { function: name, error: error instanceof Error ? error.message : String(error) });
      } finally {
        running = false;
      }
    };
    return [setInterval(() => void tick(), schedule.everyMinutes * MINUTE_MS)];
  });
  return () => {
    for (const timer of timers) clearInterval(timer);
  };
}

/** A tick as EventBridge's stand-in sends it: `POST /functions/<name>`. */
export function tickRequest(name: string, secret: string, now: Date): Request {
  const content = { type: 'ai.sympozium.tick' as const, subject: name, data: {} };
  const { body, headers: signature } = seal(content, { source: '/host/schedule', secret, now });
  const headers = { 'content-type': 'application/json', ...signature };
  return new Request(`http://host/functions/${name}`, { method: 'POST', body, headers });
}
