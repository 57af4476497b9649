import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiServer, startApiServer } from './server.ts';
import { type TestClient, testClient } from './test-client.ts';

let server: ApiServer;
let client: TestClient;

beforeAll(async () => {
  server = await startApiServer({
    kubeletLogs: async function* (_namespace, pod, container, { tailLines }) {
      yield Buffer.from(`log of ${pod}/${container}, ${tailLines} lines`);
    },
  });
  client = testClient(server);
});

afterAll(async () => {
  client.close();
  await server.close();
});

const MAPS = '/api/v1/namespaces/default/configmaps';
const configMap = (name: string, data = {}, meta = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...meta },
  data,
});
const MERGE = { 'content-type': 'application/merge-patch+json' };

describe('the API server', () => {
  it('answers 401 when there is no token it knows', async () => {
    expect(await client.ask(`GET ${MAPS}`, undefined, { authorization: '' })).toMatchObject({ code: 401 });
    expect(await client.ask(`GET ${MAPS}`, undefined, { authorization: 'Bearer other' })).toMatchObject({ code: 401 });
  });

  it('keeps the version when a write changes nothing', async () => {
    const { body: created } = await client.ask(`POST ${MAPS}`, configMap('same', { a: '1' }));
    const { body: again } = await client.ask(`PUT ${MAPS}/same`, configMap('same', { a: '1' }));
    expect(again.metadata.resourceVersion).toBe(created.metadata.resourceVersion);
  });

  it('answers 409 when a write is based on an old version', async () => {
    const { body } = await client.ask(`POST ${MAPS}`, configMap('old'));
    const resourceVersion = body.metadata.resourceVersion;
    await client.ask(`PATCH ${MAPS}/old`, { data: { a: '1' } }, MERGE);
    const late = await client.ask(`PUT ${MAPS}/old`, configMap('old', {}, { resourceVersion }));
    expect(late).toMatchObject({ code: 409, body: { reason: 'Conflict' } });
  });

  it('holds an object by its finalizers when it is deleted', async () => {
    await client.ask(`POST ${MAPS}`, configMap('held', {}, { finalizers: ['example.com/a'] }));
    const going = await client.ask(`DELETE ${MAPS}/held`);
    expect(going.body.metadata.deletionTimestamp).toBeDefined();
    await client.ask(`PATCH ${MAPS}/held`, { metadata: { finalizers: null } }, MERGE);
    expect(await client.ask(`GET ${MAPS}/held`)).toMatchObject({ code: 404 });
  });

  it('shows a page as of the first when the collection changes in between', async () => {
    for (const name of ['p1', 'p2', 'p3'])
      await client.ask(`POST ${MAPS}`, configMap(name, {}, { labels: { page: 'x' } }));
    const first = await client.ask(`GET ${MAPS}?labelSelector=page=x&limit=1`);
    await client.ask(`DELETE ${MAPS}/p2`);
    await client.ask(`POST ${MAPS}`, configMap('p4', {}, { labels: { page: 'x' } }));
    const rest = await client.ask(`GET ${MAPS}?labelSelector=page=x&continue=${first.body.metadata.continue}`);
    expect(rest.body.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(['p2', 'p3']);
  });

  it('tells a watch of what it selects, and of what leaves its selection', async () => {
    const { body } = await client.ask(`GET ${MAPS}`);
    const events = client.watch(`${MAPS}?watch=true&resourceVersion=${body.metadata.resourceVersion}&labelSelector=on`);
    await client.ask(`POST ${MAPS}`, configMap('w', {}, { labels: { on: 'yes' } }));
    await client.ask(`PATCH ${MAPS}/w`, { data: { a: '1' } }, MERGE);
    await client.ask(`PATCH ${MAPS}/w`, { metadata: { labels: null } }, MERGE);
    const types: string[] = [];
    for await (const { type } of events) if (types.push(type) === 3) break;
    expect(types).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
  });

  it('gives the log of a pod on a node, from the kubelet', async () => {
    const pods = '/api/v1/namespaces/default/pods';
    await client.ask(`POST ${pods}`, {
      metadata: { name: 'p' },
      spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] },
    });
    expect(await client.ask(`GET ${pods}/p/log?tailLines=5`)).toMatchObject({ code: 200, body: 'log of p/c, 5 lines' });
    expect(await client.ask(`GET ${pods}/p/log?container=other`)).toMatchObject({ code: 400 });
  });

  it.each([
    'GET /api/v1/namespaces/default/pods/p/exec',
    'POST /apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies',
  ])('says so when it does not do what is asked: %s', async (call) => {
    const { code, body } = await client.ask(call);
    expect(code).toBe(501);
    expect(body).toMatchObject({ kind: 'Status', reason: 'NotImplemented' });
  });

  it('is there again with all it had when it is started anew on the same folder', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'api-server-'));
    const first = await startApiServer({ dataDir, token: 't' });
    const before = testClient(first);
    const { body } = await before.ask(`POST ${MAPS}`, configMap('kept', { a: '1' }));
    before.close();
    await first.close();
    const second = await startApiServer({ dataDir, token: 't' });
    const after = testClient(second);
    const again = await after.ask(`GET ${MAPS}/kept`);
    const { value: event } = await after.watch(`${MAPS}?watch=true&resourceVersion=1`).next();
    after.close();
    await second.close();
    rmSync(dataDir, { recursive: true });

    expect(again.body).toEqual(body);
    expect(second.ca).toBe(first.ca);
    // What happened before the start can no longer be told: the client must list again.
    expect(event).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
  });
});
