import type { Hono } from 'hono';
import { lambdaHandler } from '../../shared/delivery/lambda.ts';
import { createRouterApp, type FunctionPlace } from '../../shared/reconcile/function.ts';
import { loadScheduleRouteConfig } from './config.ts';
import { manifest } from './function.ts';
import { scheduleRouter } from './router.ts';

export function createApp(place: FunctionPlace): Hono {
  return createRouterApp(manifest, scheduleRouter, place, loadScheduleRouteConfig);
}

export const handler = lambdaHandler(createApp);
