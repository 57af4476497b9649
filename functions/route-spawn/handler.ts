import type { Hono } from 'hono';
import { lambdaHandler } from '../../shared/delivery/lambda.ts';
import { createRouterApp, type FunctionPlace } from '../../shared/reconcile/function.ts';
import { manifest } from './function.ts';
import { spawnRouter } from './router.ts';

export function createApp(place: FunctionPlace): Hono {
  return createRouterApp(manifest, spawnRouter, place, () => ({}));
}

export const handler = lambdaHandler(createApp);
