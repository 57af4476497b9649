import type { Hono } from 'hono';
import { lambdaHandler } from '../../shared/delivery/lambda.ts';
import { createShell, type FunctionPlace } from '../../shared/reconcile/function.ts';
import { createAdmitApp } from './app.ts';
import { createGoverningReader } from './governing.ts';

export function createApp(place: FunctionPlace): Hono {
  const { kube, receive } = createShell(place);
  return createAdmitApp(receive, createGoverningReader(kube, Date.now));
}

export const handler = lambdaHandler(createApp);
