import { Hono } from 'hono';
import type { LoadedFunction } from './functions.ts';

/** One app for all functions: each answers the relay at `/functions/<name>` and the public at the routes of its manifest. */
export function createHostApp(functions: readonly LoadedFunction[]): Hono {
  const host = new Hono().get('/livez', ({ text }) => text('ok'));
  for (const { manifest, app } of functions) {
    const routes = [`/functions/${manifest.name}`, ...(manifest.routes ?? []).map(honoPath)];
    for (const route of routes) host.all(route, ({ req }) => app.fetch(req.raw));
  }
  return host;
}

/** API Gateway writes `{name}` and `{proxy+}`; Hono writes `:name` and `*`. */
function honoPath(route: string): string {
  return route.replaceAll(/\{\w+\+\}/g, '*').replaceAll(/\{(\w+)\}/g, ':$1');
}
