import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Secret } from '../../../shared/config/load.ts';
import { seal } from '../../../shared/delivery/seal.ts';
import { log } from '../../../shared/telemetry/log.ts';
import type { RelayConfig } from '../config.ts';
import type { Post } from '../delivery/post.ts';
import { readBody } from '../read-body.ts';

/** The API server sends an object twice, before and after, each of at most 1.5 MB. */
const MAX_BODY_BYTES = 3_300_000;
/** A renewed certificate is looked for this often. */
const RELOAD_MS = 60_000;

export interface AdmissionServer {
  server: Server;
  stop(): void;
}

/**
 * Hands the API server's questions on to the functions that the configuration names, over TLS. It judges nothing: whatever keeps
 * a question from its answer is a 500, upon which the API server does what the webhook's failure policy says. Undefined without a
 * certificate. Throws when that cannot be read.
 */
export function createAdmissionServer(config: RelayConfig, post: Post, secret: Secret): AdmissionServer | undefined {
  const { ADMISSION_CERT_FILE: certFile, ADMISSION_KEY_FILE: keyFile, RELAY_SHARD: shard } = config;
  if (certFile === undefined || keyFile === undefined) return undefined;
  const targets = new Map(
    config.functions.flatMap(({ name, timeoutSeconds, admits = [] }) =>
      admits.map(({ path }) => [path, { name, timeoutSeconds }] as const),
    ),
  );
  const pair = () => ({ cert: readFileSync(certFile), key: readFileSync(keyFile) });

  async function answer(request: IncomingMessage): Promise<{ status: number; body: string }> {
    const { pathname } = new URL(request.url ?? '/', 'https://relay');
    const target = targets.get(pathname);
    if (target === undefined) return { status: 404, body: 'There is no such webhook' };
    const review = await readReview(request);
    if ('unreadable' in review) return { status: 200, body: refusal(review.unreadable) };
    const { body, headers } = seal(
      { type: 'ai.sympozium.admission', subject: pathname, data: { review: review.json } },
      { source: `/relay/${shard}`, secret: secret.reveal(), now: new Date() },
    );
    const reply = await post(`/functions/${target.name}`, { ...headers }, body, target.timeoutSeconds * 1000);
    return reply.status === 200 ? reply : { status: 500, body: `${target.name} answered ${reply.status}` };
  }

  const server = createServer(pair(), (request: IncomingMessage, response: ServerResponse) => {
    void answer(request)
      .catch((error: unknown) => ({ status: 500, body: error instanceof Error ? error.message : 'Unexpected failure' }))
      .then(({ status, body }) => {
        const type = status === 200 ? 'application/json' : 'text/plain; charset=utf-8';
        response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body);
      });
  });
  server.requestTimeout = 15_000;
  watchFile(certFile, { interval: RELOAD_MS, persistent: false }, () => reload(server, pair));
  return {
    server,
    stop() {
      unwatchFile(certFile);
      server.close();
      server.closeAllConnections();
    },
  };
}

/** A pair that is half replaced does not match: the old one serves until the next look. */
function reload(server: Server, pair: () => { cert: Buffer; key: Buffer }): void {
  try {
    server.setSecureContext(pair());
  } catch (error) {
    log('warn', 'Could not read the renewed certificate', { error: error instanceof Error ? error.message : '' });
  }
}

type Read = { json: unknown } | { unreadable: string };

async function readReview(request: IncomingMessage): Promise<Read> {
  const body = await readBody(request, MAX_BODY_BYTES);
  if (body === undefined) return { unreadable: `the body must be at most ${MAX_BODY_BYTES} bytes` };
  if (body.length === 0) return { unreadable: 'request body is empty' };
  const type = request.headers['content-type'] ?? '';
  if (!type.startsWith('application/json')) return { unreadable: `contentType=${type}, expected application/json` };
  try {
    return { json: JSON.parse(body.toString('utf8')) };
  } catch {
    return { unreadable: 'the body must be JSON in UTF-8' };
  }
}

/** As the original answers what cannot be read: 200, not allowed, for nobody (controllers spec, 6.3). */
function refusal(message: string): string {
  const response = { uid: '', allowed: false, status: { code: 400, message } };
  return JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response });
}
