import type { Hono } from 'hono';
import { lambdaHandler } from '../../shared/delivery/lambda.ts';
import { createReconcilerApp, type FunctionPlace } from '../../shared/reconcile/function.ts';
import { manifest } from './function.ts';
import { policyReconciler } from './reconciler.ts';

export function createApp(place: FunctionPlace): Hono {
  return createReconcilerApp(manifest, policyReconciler, place, () => ({}));
}

export const handler = lambdaHandler(createApp);
