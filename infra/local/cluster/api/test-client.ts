import { Agent, request } from 'node:https';
import type { ApiServer } from './server.ts';

interface TestAnswer {
  code: number;
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of an answer is its own business.
  body: any;
  warnings: string;
}

export interface TestClient {
  ask(call: string, body?: unknown, headers?: Record<string, string>): Promise<TestAnswer>;
  /** Events of a watch, one a call, as they come. */
  watch(path: string): AsyncGenerator<{ type: string; object: { metadata: Record<string, string> } }>;
  close(): void;
}

/** A client for tests of the server: `ask('GET /api/v1/…')`. */
export function testClient({ url, ca, token }: Pick<ApiServer, 'url' | 'ca' | 'token'>): TestClient {
  const agent = new Agent({ keepAlive: true });
  const options = { agent, ca };
  const auth = { authorization: `Bearer ${token}`, 'user-agent': 'test/1' };
  return {
    ask: (call, body, headers = {}) =>
      new Promise((resolve, reject) => {
        const [method = 'GET', path = '/'] = call.split(' ');
        const text = body === undefined ? undefined : JSON.stringify(body);
        const content =
          text === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': `${Buffer.byteLength(text)}` };
        const sent = request(
          new URL(path, url),
          { ...options, method, headers: { ...auth, ...content, ...headers } },
          (response) => {
            const chunks: Buffer[] = [];
            response.on('data', (chunk: Buffer) => chunks.push(chunk));
            response.on('end', () => {
              const answer = Buffer.concat(chunks).toString('utf8');
              const json = response.headers['content-type']?.includes('json') === true;
              const warnings = `${response.headers['warning'] ?? ''}`;
              resolve({ code: response.statusCode ?? 0, body: json ? JSON.parse(answer) : answer, warnings });
            });
          },
        );
        sent.on('error', reject);
        sent.end(text);
      }),
    async *watch(path) {
      const { promise, resolve, reject } = Promise.withResolvers<AsyncIterable<Buffer>>();
      request(new URL(path, url), { ...options, headers: auth }, resolve)
        .on('error', reject)
        .end();
      let rest = '';
      for await (const chunk of await promise) {
        const lines = `${rest}${chunk}`.split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) yield JSON.parse(line);
      }
    },
    close: () => agent.destroy(),
  };
}
