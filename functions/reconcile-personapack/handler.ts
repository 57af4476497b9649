import type { Hono } from 'hono';
import { lambdaHandler } from '../../shared/delivery/lambda.ts';
import { createReconcilerApp, type FunctionPlace } from '../../shared/reconcile/function.ts';
import { loadPackConfig } from './config.ts';
import { manifest } from './function.ts';
import { packReconciler } from './reconciler.ts';

export function createApp(place: FunctionPlace): Hono {
  return createReconcilerApp(manifest, packReconciler, place, loadPackConfig);
}

export const handler = lambdaHandler(createApp);
