import type { Hono } from 'hono';
import type { FunctionPlace } from '../../shared/reconcile/function.ts';
import { createSweep, sweepHandler } from '../../shared/sweep/app.ts';
import { runSweep } from './app.ts';

export function createApp(place: FunctionPlace): Hono {
  return createSweep(runSweep, place).app;
}

export const handler = sweepHandler(runSweep);
