import type { Hono } from 'hono';
import { lambdaHandler } from '../../shared/delivery/lambda.ts';
import { createReconcilerApp, type FunctionPlace } from '../../shared/reconcile/function.ts';
import { manifest } from './function.ts';
import { configReconciler } from './reconciler.ts';

export function createApp(place: FunctionPlace): Hono {
  return createReconcilerApp(manifest, configReconciler, place, () => ({}));
}

export const handler = lambdaHandler(createApp);
