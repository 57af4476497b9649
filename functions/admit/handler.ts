import type { Hono } from 'hono';
import { lambdaHandler } from '../../shared/delivery/lambda.ts';
import { createShell, type FunctionPlace } from '../../shared/reconcile/function.ts';
import { createAccess } from './access.ts';
import { createAdmitApp } from './app.ts';
import { loadAdmitConfig } from './config.ts';
import { createGoverningReader } from './governing.ts';
import { createJudges } from './judges.ts';

export function createApp(place: FunctionPlace): Hono {
  const { kube, receive } = createShell(place);
  return createAdmitApp(
    receive,
    createJudges(createGoverningReader(kube, loadAdmitConfig(place.env), Date.now), createAccess(kube)),
  );
}

export const handler = lambdaHandler(createApp);
