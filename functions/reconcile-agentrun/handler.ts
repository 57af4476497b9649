import type { Hono } from 'hono';
import { lambdaHandler } from '../../shared/delivery/lambda.ts';
import { createReconcilerApp, type FunctionPlace } from '../../shared/reconcile/function.ts';
import { loadRunConfig } from './config.ts';
import { manifest } from './function.ts';
import { agentRunReconciler } from './reconciler.ts';

export function createApp(place: FunctionPlace): Hono {
  return createReconcilerApp(manifest, agentRunReconciler, place, loadRunConfig);
}

export const handler = lambdaHandler(createApp);
