import { Hono } from 'hono';
import { handle } from 'hono/aws-lambda';
import { type FunctionPlace, lazily, refuse } from '../reconcile/function.ts';

/**
 * Lambda entry of a web app behind API Gateway. The app is built at the first request; when that fails, the request is
 * answered with the reason, and the next one tries again.
 */
export function lambdaHandler(createApp: (place: FunctionPlace) => Hono): ReturnType<typeof handle> {
  const start = lazily(() => createApp({ env: process.env }));
  return (event, context) => handle(startedOr(start))(event, context);
}

function startedOr(start: () => Hono): Hono {
  try {
    return start();
  } catch (thrown) {
    const failure = thrown instanceof Error ? thrown : new Error(String(thrown));
    return new Hono().all('*', () => refuse(failure));
  }
}
