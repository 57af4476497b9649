import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KubeObject } from '../../../shared/kube/objects.ts';

/** For tests: one collection of an API server that lists in pages, watches, and misbehaves when told to. */
export interface ScriptedApiServer {
  url: string;
  /** Creates or replaces the object, and tells the watches. */
  put(object: Pick<KubeObject, 'metadata'> & Record<string, unknown>): void;
  remove(name: string): void;
  /** Changes made while this is true reach no watch ever, as when a version has expired. */
  muted: boolean;
  /** Writes a raw line into every open watch. */
  write(line: string): void;
  bookmark(): void;
  /** Ends every open watch the way a server does whose time is up. */
  end(): void;
  /** Breaks every connection. */
  cut(): void;
  /** Answers the next requests with these statuses instead. */
  answers: number[];
  /** `list` or `watch@<version>` for each request that came. */
  requests: string[];
  openWatches(): number;
  close(): Promise<void>;
}

export async function startScriptedApiServer(pageSize = 500): Promise<ScriptedApiServer> {
  const objects = new Map<string, Record<string, unknown> & Pick<KubeObject, 'metadata'>>();
  const watches = new Set<ServerResponse>();
  /** What a watch from an earlier version still gets. */
  const history: { version: number; line: string }[] = [];
  let version = 100;

  const http = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://server');
    const watching = url.searchParams.get('watch') === 'true';
    server.requests.push(watching ? `watch@${url.searchParams.get('resourceVersion')}` : 'list');
    const status = server.answers.shift();
    if (status !== undefined) return refuse(response, status);
    if (watching) return watch(request, response, Number(url.searchParams.get('resourceVersion')));
    return page(response, Number(url.searchParams.get('continue') ?? 0));
  });

  function watch(request: IncomingMessage, response: ServerResponse, from: number): void {
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    for (const event of history) if (event.version > from) response.write(`${event.line}\n`);
    watches.add(response);
    request.once('close', () => watches.delete(response));
    response.once('close', () => watches.delete(response));
  }

  function page(response: ServerResponse, from: number): void {
    const items = [...objects.values()].slice(from, from + pageSize);
    const next = from + pageSize < objects.size ? { continue: String(from + pageSize) } : {};
    response.end(JSON.stringify({ metadata: { resourceVersion: String(version), ...next }, items }));
  }

  function tell(type: string, object: unknown): void {
    if (server.muted) return;
    const line = JSON.stringify({ type, object });
    if (type !== 'BOOKMARK') history.push({ version, line });
    server.write(line);
  }

  const server: ScriptedApiServer = {
    url: '',
    muted: false,
    answers: [],
    requests: [],
    put(object) {
      version += 1;
      const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
      const type = objects.has(object.metadata.name) ? 'MODIFIED' : 'ADDED';
      objects.set(object.metadata.name, stored);
      tell(type, stored);
    },
    remove(name) {
      version += 1;
      const last = objects.get(name);
      objects.delete(name);
      tell('DELETED', { ...last, metadata: { ...last?.metadata, resourceVersion: String(version) } });
    },
    bookmark: () => tell('BOOKMARK', { metadata: { resourceVersion: String(version) } }),
    write(line) {
      for (const response of watches) response.write(`${line}\n`);
    },
    end() {
      for (const response of watches) response.end();
    },
    cut() {
      http.closeAllConnections();
    },
    openWatches: () => watches.size,
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };

  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  server.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  return server;
}

function refuse(response: ServerResponse, code: number): void {
  const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, message: `scripted ${code}` };
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(status));
}
