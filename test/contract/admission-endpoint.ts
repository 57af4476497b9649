import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import { manifest } from '../../functions/admit/function.ts';
import { createApp } from '../../functions/admit/handler.ts';
import { makeWebhookIdentity } from '../../infra/local/webhook-identity.ts';
import { createAdmissionServer } from '../../infra/relay/admission/server.ts';
import type { RelayConfig } from '../../infra/relay/config.ts';
import { createPost } from '../../infra/relay/delivery/post.ts';
import { Secret } from '../../shared/config/load.ts';
import type { Connection } from '../../shared/kube/transport.ts';

const KEY = 'the-key-of-relay-and-function';

export interface AdmissionEndpoint {
  url: string;
  ca: string;
  ask(question: Question): Promise<{ status: number; body: string }>;
  close(): void;
}

interface Question {
  method: string;
  path: string;
  headers?: Readonly<Record<string, string>> | undefined;
  body?: string | undefined;
}

/** The relay's admission endpoint, and behind it the function, acting as `connection`. */
export async function startAdmission(connection: Connection): Promise<AdmissionEndpoint> {
  const folder = mkdtempSync(join(tmpdir(), 'admission-'));
  const { ca, certFile, keyFile } = await makeWebhookIdentity(folder);
  const env = { RELAY_URL: 'http://127.0.0.1:9', RELAY_TO_FUNCTION_SECRETS: KEY, FUNCTION_TO_RELAY_SECRET: KEY };
  const app = createApp({ env, connection });
  const host = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 });
  await new Promise((resolve) => host.once('listening', resolve));
  const post = createPost(`http://127.0.0.1:${(host.address() as AddressInfo).port}`);
  const config = {
    ADMISSION_CERT_FILE: certFile,
    ADMISSION_KEY_FILE: keyFile,
    RELAY_SHARD: '0',
    functions: [manifest],
  } as unknown as RelayConfig; // Nothing else of it concerns this endpoint.
  const admission = createAdmissionServer(config, post.post, new Secret(KEY));
  if (admission === undefined) throw new Error('It has a certificate');
  await new Promise<void>((resolve) => admission.server.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(admission.server.address() as AddressInfo).port}`;
  return {
    url,
    ca,
    ask: ({ method, path, headers = {}, body = '' }) =>
      new Promise((resolve, reject) => {
        const length = { 'content-length': String(Buffer.byteLength(body)) };
        const request = httpsRequest(url + path, { method, ca, headers: { ...headers, ...length } }, (response) => {
          textOf(response).then((text) => resolve({ status: response.statusCode ?? 0, body: text }), reject);
        });
        request.on('error', reject).end(body);
      }),
    close() {
      admission.stop();
      post.close();
      host.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
