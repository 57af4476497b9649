import type { Hono } from 'hono';
import type { LambdaContext, LambdaEvent } from 'hono/aws-lambda';
import { lambdaHandler } from '../../shared/delivery/lambda.ts';
import { type FunctionPlace, lazily } from '../../shared/reconcile/function.ts';
import { createSweep } from './app.ts';
import type { Swept } from './sweep.ts';

export function createApp(place: FunctionPlace): Hono {
  return createSweep(place).app;
}

const web = lambdaHandler(createApp);
const scheduled = lazily(() => createSweep({ env: process.env }));

/** Lambda entry: an EventBridge rule sends an event of its own kind, which IAM vouches for; all else comes over HTTP, signed. */
export async function handler(
  event: LambdaEvent | { 'detail-type': string },
  context?: LambdaContext,
): Promise<Swept | object> {
  return 'detail-type' in event ? scheduled().tick() : web(event, context);
}
