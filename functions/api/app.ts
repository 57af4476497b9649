import { Hono } from 'hono';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { KINDS } from '../../crds/group.ts';
import type { Bus } from '../../shared/bus/bus.ts';
import type { Secret } from '../../shared/config/load.ts';
import type { KubeClient } from '../../shared/kube/client.ts';
import { KubeUnreachableError } from '../../shared/kube/status-error.ts';
import { log } from '../../shared/telemetry/log.ts';
import { refusal } from './answer.ts';
import { authentication } from './auth.ts';
import { clusterRoutes } from './cluster.ts';
import { HttpError, httpErrorOf } from './http-error.ts';
import { instanceRoutes } from './instances.ts';
import { podRoutes } from './pods.ts';
import { readOnlyRoutes } from './read-only.ts';
import { runStreamRoutes } from './run-streams.ts';
import { runRoutes } from './runs.ts';

export interface ApiDependencies {
  kube: KubeClient;
  /** Where a run's streamed text is read; undefined where there is no relay. */
  bus: Pick<Bus, 'since'> | undefined;
  token: Secret;
  /** Seconds after which a stream ends by itself; clients resume. */
  streamSeconds: number;
  now: () => Date;
}

/** The REST API (api.md 1). Everything below `/api/` and `/ws/` needs the token; probes do not. */
export function createApiApp(dependencies: ApiDependencies): Hono {
  const { kube, token, now } = dependencies;
  const app = new Hono();
  app.use(async ({ req }, next) => (req.path.includes('//') ? cleaned(req.url) : next()));
  app.use('/api/*', authentication(token));
  app.use('/ws/*', authentication(token));
  app.use(methodNotAllowed({ app, onMethodNotAllowed: (_, methods) => refusal(wrongMethod(methods)) }));
  app.all('/healthz', () => plain('ok'));
  app.all('/readyz', async () => ((await isReachable(kube)) ? plain('ok') : refusal(notReady)));
  app.route('/api/v1/instances', instanceRoutes(kube));
  app.route('/api/v1/runs', runRoutes(kube, now));
  app.route('/api/v1/runs', runStreamRoutes(dependencies));
  app.route('/api/v1/policies', readOnlyRoutes(kube, KINDS.SympoziumPolicy));
  app.route('/api/v1/skills', readOnlyRoutes(kube, KINDS.SkillPack));
  app.route('/api/v1/pods', podRoutes(kube));
  app.route('/api/v1', clusterRoutes(kube));
  app.notFound(() => refusal(new HttpError(404, '404 page not found')));
  app.onError((thrown) => {
    const error = httpErrorOf(thrown);
    if (error.status >= 500)
      log('error', 'Request failed', { status: error.status, error: error.message, cause: text(error.cause) });
    return refusal(error);
  });
  return app;
}

const plain = (body: string) => new Response(body, { headers: { 'content-type': 'text/plain; charset=utf-8' } });
const notReady = new HttpError(503, 'the Kubernetes API could not be reached');
const text = (cause: unknown) => (cause instanceof Error ? cause.message : undefined);

function wrongMethod(methods: readonly string[]): HttpError {
  return new HttpError(405, 'Method Not Allowed', { headers: { allow: methods.toSorted().join(', ') } });
}

/** Go's router sends a path with empty segments to the cleaned one. */
function cleaned(url: string): Response {
  const { pathname, search } = new URL(url);
  return new Response(null, { status: 307, headers: { location: pathname.replaceAll(/\/{2,}/g, '/') + search } });
}

/** Any answer counts, also a refusal: what this identity may do is not a matter of readiness. */
async function isReachable(kube: KubeClient): Promise<boolean> {
  return kube
    .json({ method: 'GET', path: '/version', deadlineMs: 2_000 })
    .then(() => true)
    .catch((error: unknown) => !(error instanceof KubeUnreachableError));
}
