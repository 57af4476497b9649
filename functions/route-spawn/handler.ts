import type { Hono } from 'hono';
import { lambdaHandler } from '../../shared/delivery/lambda.ts';
import type { FunctionPlace } from '../../shared/reconcile/function.ts';
import { createRouterApp } from '../../shared/route/app.ts';
import { manifest } from './function.ts';
import { routeSpawn } from './router.ts';

export function createApp(place: FunctionPlace): Hono {
  return createRouterApp(manifest, routeSpawn, place);
}

export const handler = lambdaHandler(createApp);
