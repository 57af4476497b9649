import type { Hono } from 'hono';
import { handle } from 'hono/aws-lambda';
import { type FunctionPlace, lazily } from '../reconcile/function.ts';

/** Lambda entry of a web app behind API Gateway; the app is built at the first request. */
export function lambdaHandler(createApp: (place: FunctionPlace) => Hono): ReturnType<typeof handle> {
  const start = lazily(() => handle(createApp({ env: process.env })));
  return (event, context) => start()(event, context);
}
