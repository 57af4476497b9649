import { randomUUID } from 'node:crypto';
import { request as httpsRequest } from 'node:https';
import { records, text } from '../kinds/shape.ts';
import { at, isRecord, type KubeObject } from '../object.ts';
import type { Store } from '../storage/store.ts';
import type { Webhook } from './webhook-config.ts';
import type { Change } from './webhooks.ts';

export interface AdmissionResponse {
  allowed: boolean;
  patch?: string;
  warnings?: string[];
  status?: { code?: number; message?: string; reason?: string };
}

const LIMIT = 8 << 20;

/** The `request` of an AdmissionReview, which match conditions see as well. */
export function admissionRequest({ context, operation, object, old }: Change): Record<string, unknown> {
  const { type, request } = context;
  const resource = { group: type.group, version: type.version, resource: type.resource };
  const kind = { group: type.group, version: type.version, kind: type.kind };
  const { user } = request;
  const named = (object ?? old)?.metadata.name ?? request.name;
  return {
    uid: randomUUID(),
    kind,
    resource,
    ...(request.subresource === '' ? {} : { subResource: request.subresource }),
    requestKind: kind,
    requestResource: resource,
    ...(request.subresource === '' ? {} : { requestSubResource: request.subresource }),
    name: named,
    ...(type.namespaced ? { namespace: request.namespace } : type.storage === 'namespaces' ? { namespace: named } : {}),
    operation,
    userInfo: {
      username: user.name,
      ...(user.uid === undefined ? {} : { uid: user.uid }),
      groups: [...user.groups],
      ...(user.extra === undefined ? {} : { extra: user.extra }),
    },
    object: object ?? null,
    oldObject: operation === 'CREATE' ? null : (old ?? null),
    dryRun: context.dryRun,
    options: optionsOf(operation),
  };
}

function optionsOf(operation: string): Record<string, unknown> {
  const kind =
    { CREATE: 'CreateOptions', UPDATE: 'UpdateOptions', DELETE: 'DeleteOptions' }[operation] ?? 'PatchOptions';
  return { kind, apiVersion: 'meta.k8s.io/v1' };
}

interface Target {
  url: URL;
  servername?: string;
}

/** Where a webhook is: its URL, or the first ready address of its service. */
function targetOf(store: Store, { clientConfig }: Webhook): Target {
  if (typeof clientConfig['url'] === 'string') return { url: new URL(clientConfig['url']) };
  const service = isRecord(clientConfig['service']) ? clientConfig['service'] : {};
  const { namespace, name, path = '/', port = 443 } = service;
  const object = store.get('services', `${namespace}/${name}`)?.object;
  if (object === undefined) throw new Error(`service "${name}" not found`);
  const servicePort = records(object.spec?.['ports']).find((item) => item['port'] === port);
  const subset = records(store.get('endpoints', `${namespace}/${name}`)?.object['subsets'])[0];
  const address = at(records(subset?.['addresses'])[0], 'ip');
  const target = records(subset?.['ports']).find((item) => (item['name'] ?? '') === (servicePort?.['name'] ?? ''))?.[
    'port'
  ];
  if (address === undefined || target === undefined) throw new Error(`no endpoints available for service "${name}"`);
  return { url: new URL(`https://${address}:${target}${path}`), servername: `${name}.${namespace}.svc` };
}

function post({ url, servername }: Target, ca: string | undefined, body: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json',
      'content-length': `${Buffer.byteLength(body)}`,
    };
    const options = {
      method: 'POST',
      headers,
      ...(ca === undefined ? {} : { ca }),
      ...(servername === undefined ? {} : { servername }),
    };
    const request = httpsRequest(url, { ...options, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > LIMIT) request.destroy(new Error('the response is too large'));
        chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200) resolve(Buffer.concat(chunks).toString('utf8'));
        else reject(new Error(`the server answered ${response.statusCode}`));
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** Asks one webhook. Throws when it can't be reached or answers nonsense. */
export async function callWebhook(
  store: Store,
  webhook: Webhook,
  change: Change,
  object: KubeObject | undefined,
): Promise<AdmissionResponse> {
  const request = admissionRequest({ ...change, object });
  const body = JSON.stringify({ kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', request });
  const bundle = text(webhook.clientConfig['caBundle']);
  const ca = bundle === '' ? undefined : Buffer.from(bundle, 'base64').toString('utf8');
  const timeoutSeconds = `${webhook.timeoutSeconds}s`;
  const target = targetOf(store, webhook);
  if (target.url.searchParams.get('timeout') === null) target.url.searchParams.set('timeout', timeoutSeconds);
  const answer: unknown = JSON.parse(await post(target, ca, body, webhook.timeoutSeconds * 1000));
  const response = at(answer, 'response');
  if (!isRecord(response)) throw new Error('expected webhook response, got none');
  if (response['uid'] !== request['uid'])
    throw new Error(`expected response.uid="${request['uid']}", got "${response['uid']}"`);
  if (response['patch'] !== undefined && response['patchType'] !== 'JSONPatch')
    throw new Error('patchType must be JSONPatch');
  return response as unknown as AdmissionResponse; // Only allowed, patch, warnings and status are read, each with care.
}
