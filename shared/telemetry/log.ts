import type { PassReport } from '../reconcile/pass.ts';

export type Level = 'debug' | 'info' | 'warn' | 'error';

/** One JSON line on standard error. `message` is constant text; everything variable goes into `fields`. */
export function log(level: Level, message: string, fields: Record<string, unknown> = {}): void {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`);
}

/** One line for each pass that wrote or failed; passes over settled objects say nothing. */
export function logPass(controller: string): (report: PassReport) => void {
  return ({ key, reply, plan, error }) => {
    if (error !== undefined) {
      log(reply.outcome === 'retry' && error.code === 'CONFLICT' ? 'debug' : 'warn', 'Pass failed', {
        controller,
        ...key,
        code: error.code,
        error: error.message,
        decided: plan?.reason,
      });
    } else if (plan !== undefined && plan.actions.length > 0) {
      log('info', 'Pass wrote', {
        controller,
        ...key,
        decided: plan.reason,
        actions: plan.actions.map(({ verb }) => verb),
      });
    }
  };
}
