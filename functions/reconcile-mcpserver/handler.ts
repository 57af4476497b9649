import type { Hono } from 'hono';
import { lambdaHandler } from '../../shared/delivery/lambda.ts';
import { createReconcilerApp, type FunctionPlace } from '../../shared/reconcile/function.ts';
import { loadMcpServerConfig } from './config.ts';
import { manifest } from './function.ts';
import { mcpServerReconciler } from './reconciler.ts';

export function createApp(place: FunctionPlace): Hono {
  return createReconcilerApp(manifest, mcpServerReconciler, place, loadMcpServerConfig);
}

export const handler = lambdaHandler(createApp);
