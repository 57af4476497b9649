import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiServer, startApiServer } from '../server.ts';
import { type TestClient, testClient } from '../test-client.ts';

let server: ApiServer;
let admin: TestClient;

const RBAC = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';
const NS = '/api/v1/namespaces/default';
const configMaps = (verbs: string[], more = {}) => ({ apiGroups: [''], resources: ['configmaps'], verbs, ...more });

beforeAll(async () => {
  server = await startApiServer();
  admin = testClient(server);
});

afterAll(async () => {
  admin.close();
  await server.close();
});

/** A ServiceAccount with a role of its own, and a client with its token. */
async function account(name: string, rules: unknown[], boundObjectRef?: unknown): Promise<TestClient> {
  await admin.ask(`POST ${NS}/serviceaccounts`, { metadata: { name } });
  await admin.ask(`POST ${RBAC}/roles`, { metadata: { name }, rules });
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name };
  await admin.ask(`POST ${RBAC}/rolebindings`, {
    metadata: { name },
    roleRef,
    subjects: [{ kind: 'ServiceAccount', name, namespace: 'default' }],
  });
  const { body } = await admin.ask(`POST ${NS}/serviceaccounts/${name}/token`, {
    spec: { ...(boundObjectRef ? { boundObjectRef } : {}) },
  });
  return testClient({ ...server, url: server.url, ca: server.ca, token: body.status.token });
}

describe('access', () => {
  it('is what the roles say when a ServiceAccount asks', async () => {
    const reader = await account('reader', [configMaps(['get'], { resourceNames: ['one'] })]);
    await admin.ask(`POST ${NS}/configmaps`, { metadata: { name: 'one' } });
    expect(await reader.ask(`GET ${NS}/configmaps/one`)).toMatchObject({ code: 200 });
    const refused = await reader.ask(`GET ${NS}/configmaps/two`);
    expect(refused).toMatchObject({ code: 403, body: { reason: 'Forbidden' } });
    expect(refused.body.message).toBe(
      'configmaps "two" is forbidden: User "system:serviceaccount:default:reader" cannot get resource "configmaps" in API group "" in the namespace "default"',
    );
    reader.close();
  });

  it('cannot be given by someone who has less', async () => {
    const rbac = {
      apiGroups: ['rbac.authorization.k8s.io'],
      resources: ['roles', 'rolebindings'],
      verbs: ['create', 'patch'],
    };
    const granter = await account('granter', [rbac, configMaps(['get'])]);
    const create = (name: string, verbs: string[]) =>
      granter.ask(`POST ${RBAC}/roles`, { metadata: { name }, rules: [configMaps(verbs)] });
    expect(await create('less', ['get'])).toMatchObject({ code: 201 });
    const more = await create('more', ['get', 'delete']);
    expect(more.code).toBe(403);
    expect(more.body.message).toContain(
      'attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["configmaps"], Verbs:["delete"]}',
    );
    const patched = await granter.ask(
      `PATCH ${RBAC}/roles/less`,
      { rules: [configMaps(['*'])] },
      { 'content-type': 'application/merge-patch+json' },
    );
    expect(patched).toMatchObject({ code: 403 });
    granter.close();
  });

  it('ends with the pod that the token is bound to', async () => {
    const { body: pod } = await admin.ask(`POST ${NS}/pods`, {
      metadata: { name: 'bound' },
      spec: { containers: [{ name: 'a', image: 'a' }] },
    });
    const { uid } = pod.metadata;
    const client = await account('of-pod', [configMaps(['list'])], {
      kind: 'Pod',
      apiVersion: 'v1',
      name: 'bound',
      uid,
    });
    expect(await client.ask(`GET ${NS}/configmaps`)).toMatchObject({ code: 200 });
    await admin.ask(`DELETE ${NS}/pods/bound`);
    expect(await client.ask(`GET ${NS}/configmaps`)).toMatchObject({ code: 401 });
    client.close();
  });

  it('needs the audience when a token is reviewed', async () => {
    await admin.ask(`POST ${NS}/serviceaccounts`, { metadata: { name: 'aud' } });
    const { body } = await admin.ask(`POST ${NS}/serviceaccounts/aud/token`, { spec: { audiences: ['mine'] } });
    const review = async (audiences: string[]) => {
      const answer = await admin.ask('POST /apis/authentication.k8s.io/v1/tokenreviews', {
        spec: { token: body.status.token, audiences },
      });
      return answer.body.status;
    };
    expect(await review(['mine', 'other'])).toMatchObject({ authenticated: true, audiences: ['mine'] });
    expect(await review(['other'])).not.toHaveProperty('authenticated');
  });

  it('of another may be used only by those who may impersonate', async () => {
    const as = { 'impersonate-user': 'someone' };
    const plain = await account('plain', [configMaps(['list'])]);
    expect(await admin.ask(`GET ${NS}/configmaps`, undefined, as)).toMatchObject({ code: 403 });
    expect((await plain.ask(`GET ${NS}/configmaps`, undefined, as)).body.message).toContain(
      'cannot impersonate resource "users"',
    );
    plain.close();
  });
});
