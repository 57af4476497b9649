import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKubeClient, type KubeClient } from './client.ts';
import { CONFIG_MAPS, JOBS } from './resources.ts';
import { KubeStatusError, KubeUnreachableError } from './status-error.ts';
import { readText } from './transport.ts';

interface Seen {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: unknown;
}
type Answer = { code?: number; body: unknown } | 'hang' | 'break';

let server: Server;
let kube: KubeClient;
let seen: Seen[];
let answer: (request: Seen) => Answer;

beforeEach(async () => {
  seen = [];
  server = createServer((request, response) => {
    void readText(request).then((text) => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://server');
      const { method = '', headers } = request;
      const one = {
        method,
        path: pathname,
        query: searchParams,
        headers,
        body: text === '' ? undefined : JSON.parse(text),
      };
      seen.push(one);
      const given = answer(one);
      if (given === 'hang') return;
      if (given === 'break') {
        response.writeHead(200).write('{"kind":');
        setImmediate(() => response.destroy());
        return;
      }
      response
        .writeHead(given.code ?? 200)
        .end(typeof given.body === 'string' ? given.body : JSON.stringify(given.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  kube = createKubeClient({ server: `http://127.0.0.1:${port}`, token: () => 'token-1' });
});

afterEach(() => {
  kube.close();
  server.closeAllConnections();
  server.close();
});

const at = { namespace: 'ns', name: 'a' };
const status = (code: number, reason: string) => ({
  code,
  body: { kind: 'Status', status: 'Failure', code, reason, message: `${reason}!` },
});

describe('createKubeClient', () => {
  it('returns undefined when the object is missing, and says who asks', async () => {
    answer = () => status(404, 'NotFound');
    await expect(kube.get(CONFIG_MAPS, at)).resolves.toBeUndefined();
    expect(seen[0]).toMatchObject({ method: 'GET', path: '/api/v1/namespaces/ns/configmaps/a' });
    expect(seen[0]?.headers.authorization).toBe('Bearer token-1');
  });

  it('asks for metadata alone when the content must not be read', async () => {
    answer = () => ({ body: { metadata: { name: 'a' } } });
    await kube.get(CONFIG_MAPS, at, { metadataOnly: true });
    expect(seen[0]?.headers.accept).toContain('as=PartialObjectMetadata');
  });

  it('throws the server’s own reason when it refuses', async () => {
    answer = () => status(403, 'Forbidden');
    await expect(kube.get(CONFIG_MAPS, at)).rejects.toMatchObject({
      name: 'KubeStatusError',
      code: 403,
      reason: 'Forbidden',
      message: 'Forbidden!',
    });
  });

  it('understands a proxy that answers with text', async () => {
    answer = () => ({ code: 502, body: 'Bad Gateway' });
    await expect(kube.get(CONFIG_MAPS, at)).rejects.toMatchObject({ code: 502, message: 'Bad Gateway' });
  });

  it('reads an empty page when the server writes its items as null', async () => {
    answer = () => ({ body: { kind: 'PartialObjectMetadataList', metadata: {}, items: null } });
    const { items } = await kube.page(CONFIG_MAPS, { metadataOnly: true });
    expect(items).toEqual([]);
  });

  it('reads a list over all of its pages', async () => {
    answer = ({ query }) =>
      query.get('continue') === 'p2'
        ? { body: { metadata: { resourceVersion: '7' }, items: [{ metadata: { name: 'b' } }] } }
        : { body: { metadata: { resourceVersion: '7', continue: 'p2' }, items: [{ metadata: { name: 'a' } }] } };
    const { items, resourceVersion } = await kube.list(CONFIG_MAPS, {
      namespace: 'ns',
      labelSelector: 'x=y',
      limit: 1,
    });
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
    expect(resourceVersion).toBe('7');
    expect(seen.map(({ query }) => query.get('labelSelector'))).toEqual(['x=y', 'x=y']);
  });

  it('applies with force, strictly, as the field manager, and fills in the kind', async () => {
    answer = ({ body }) => ({ body });
    await kube.apply(
      JOBS,
      { apiVersion: '', kind: '', metadata: { name: 'j', namespace: 'ns' } },
      { fieldManager: 'm' },
    );
    const [request] = seen;
    expect(request).toMatchObject({
      method: 'PATCH',
      path: '/apis/batch/v1/namespaces/ns/jobs/j',
      body: { apiVersion: 'batch/v1', kind: 'Job' },
    });
    expect(Object.fromEntries(request?.query ?? [])).toEqual({
      fieldManager: 'm',
      force: 'true',
      fieldValidation: 'Strict',
    });
    expect(request?.headers['content-type']).toBe('application/apply-patch+yaml');
  });

  it('deletes that very object and counts one that is gone or replaced as done', async () => {
    const target = { resource: JOBS, namespace: 'ns', name: 'j', uid: 'u1' };
    for (const refusal of [status(404, 'NotFound'), status(409, 'Conflict')]) {
      answer = () => refusal;
      await expect(kube.remove(target, { propagation: 'Foreground' })).resolves.toBeUndefined();
    }
    expect(seen[0]?.body).toMatchObject({ propagationPolicy: 'Foreground', preconditions: { uid: 'u1' } });
    answer = () => status(500, 'InternalError');
    await expect(kube.remove(target)).rejects.toBeInstanceOf(KubeStatusError);
  });

  it.each<{ when: string; how: Answer }>([
    { when: 'no answer comes before the caller gives up', how: 'hang' },
    { when: 'the answer breaks off', how: 'break' },
  ])('says that the server is unreachable when $when', async ({ how }) => {
    answer = () => how;
    const signal = AbortSignal.timeout(200);
    await expect(kube.get(CONFIG_MAPS, at, { signal })).rejects.toBeInstanceOf(KubeUnreachableError);
  });
});
