import type { Hono } from 'hono';
import { lambdaHandler } from '../../shared/delivery/lambda.ts';
import { createReconcilerApp, type FunctionPlace } from '../../shared/reconcile/function.ts';
import { loadInstanceConfig } from './config.ts';
import { manifest } from './function.ts';
import { instanceReconciler } from './reconciler.ts';

export function createApp(place: FunctionPlace): Hono {
  return createReconcilerApp(manifest, instanceReconciler, place, loadInstanceConfig);
}

export const handler = lambdaHandler(createApp);
