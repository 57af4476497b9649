import type { Hono } from 'hono';
import type { FunctionPlace } from '../../shared/reconcile/function.ts';
import { createSweep, sweepHandler } from '../../shared/sweep/app.ts';
import { scheduleSweep } from './app.ts';

export function createApp(place: FunctionPlace): Hono {
  return createSweep(scheduleSweep, place).app;
}

export const handler = sweepHandler(scheduleSweep);
