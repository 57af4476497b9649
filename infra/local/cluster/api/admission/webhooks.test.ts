import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiServer, startApiServer } from '../server.ts';
import { type TestClient, testClient } from '../test-client.ts';
import { serverIdentity } from '../tls/certificate.ts';

let server: ApiServer;
let client: TestClient;
let hooks: Server;
let url: string;
let caBundle: string;

const MAPS = '/api/v1/namespaces/default/configmaps';
const GROUP = '/apis/admissionregistration.k8s.io/v1';

/** Denies what has `data.bad`, marks the rest. */
function review(request: { uid: string; object: { data?: Record<string, string> } }) {
  if (request.object.data?.['bad'] !== undefined) {
    return {
      uid: request.uid,
      allowed: false,
      status: { code: 422, reason: 'Invalid', message: 'bad is bad' },
      warnings: ['look out'],
    };
  }
  const patch = [{ op: 'add', path: '/metadata/labels', value: { marked: 'yes' } }];
  return {
    uid: request.uid,
    allowed: true,
    patchType: 'JSONPatch',
    patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
  };
}

beforeAll(async () => {
  const { ca, server: pair } = serverIdentity(['127.0.0.1']);
  caBundle = Buffer.from(ca).toString('base64');
  hooks = createServer({ cert: pair.certificate, key: pair.key }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { request: asked } = JSON.parse(Buffer.concat(chunks).toString('utf8'));
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: review(asked) }),
      );
    });
  });
  await new Promise<void>((resolve) => hooks.listen(0, '127.0.0.1', resolve));
  url = `https://127.0.0.1:${(hooks.address() as AddressInfo).port}/`; // It listens on a port, not on a pipe.
  server = await startApiServer();
  client = testClient(server);
});

afterAll(async () => {
  client.close();
  await server.close();
  hooks.closeAllConnections();
  hooks.close();
});

async function configure(more: Record<string, unknown>): Promise<void> {
  await client.ask(`DELETE ${GROUP}/mutatingwebhookconfigurations`);
  const webhook = {
    name: 'mark.example.com',
    clientConfig: { url, caBundle },
    rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }],
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    ...more,
  };
  const answer = await client.ask(`POST ${GROUP}/mutatingwebhookconfigurations`, {
    metadata: { name: 'mark' },
    webhooks: [webhook],
  });
  expect(answer.code).toBe(201);
}

const create = (name: string, data = {}, query = '') =>
  client.ask(`POST ${MAPS}${query}`, { metadata: { name }, data });

describe('a webhook', () => {
  it('changes an object when it sends a patch', async () => {
    await configure({});
    expect((await create('changed')).body.metadata.labels).toEqual({ marked: 'yes' });
  });

  it('refuses an object with its own code and words, and warns', async () => {
    await configure({});
    const { code, body, warnings } = await create('refused', { bad: '1' });
    expect(code).toBe(422);
    expect(body.message).toBe('admission webhook "mark.example.com" denied the request: bad is bad');
    expect(warnings).toContain('look out');
  });

  it('is not asked when a match condition, or a selector, says no', async () => {
    await configure({ matchConditions: [{ name: 'named', expression: "object.metadata.name.startsWith('yes-')" }] });
    expect((await create('no-match')).body.metadata).not.toHaveProperty('labels');
    expect((await create('yes-match')).body.metadata.labels).toEqual({ marked: 'yes' });
    await configure({ namespaceSelector: { matchLabels: { absent: 'x' } } });
    expect((await create('yes-selected')).body.metadata).not.toHaveProperty('labels');
  });

  it('that cannot be reached stops the write, unless its policy is to ignore that', async () => {
    const nowhere = { clientConfig: { url: 'https://127.0.0.1:9/', caBundle } };
    await configure(nowhere);
    expect(await create('stopped')).toMatchObject({ code: 500, body: { reason: 'InternalError' } });
    await configure({ ...nowhere, failurePolicy: 'Ignore' });
    expect(await create('let-through')).toMatchObject({ code: 201 });
  });

  it('whose certificate nobody vouches for is not believed', async () => {
    await configure({ clientConfig: { url } });
    expect(await create('unbelieved')).toMatchObject({ code: 500 });
  });
});
