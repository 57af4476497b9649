import { readFileSync } from 'node:fs';
import { Agent, type RequestOptions, request } from 'node:https';
import { parse } from 'yaml';

export interface Answer {
  code: number;
  /** JSON, or one value a line for a stream of it, or text. */
  body: unknown;
  warnings: string[];
}

/** An API server that cases are played on. */
export interface Target {
  ask(method: string, path: string, body: string | undefined, headers: Record<string, string>): Promise<Answer>;
  close(): void;
}

interface Kubeconfig {
  clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
  users: { user: { token?: string; 'client-certificate-data'?: string; 'client-key-data'?: string } }[];
}

const decoded = (data: string | undefined): string | undefined =>
  data === undefined ? undefined : Buffer.from(data, 'base64').toString('utf8');

/** The first cluster and user of a kubeconfig. */
export function targetOf(kubeconfig: string): Target {
  const { clusters, users }: Kubeconfig = parse(kubeconfig);
  const cluster = clusters[0]?.cluster;
  const user = users[0]?.user ?? {};
  if (cluster === undefined) throw new Error('The kubeconfig names no cluster');
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const cert = decoded(user['client-certificate-data']);
  const key = decoded(user['client-key-data']);
  const tls: RequestOptions = {
    agent,
    ca: decoded(cluster['certificate-authority-data']),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
  const auth: Record<string, string> = user.token === undefined ? {} : { authorization: `Bearer ${user.token}` };
  return {
    ask: (method, path, body, headers) =>
      ask(new URL(path, cluster.server), { ...tls, method, headers: { ...auth, ...lengthOf(body), ...headers } }, body),
    close: () => agent.destroy(),
  };
}

/** Without it a DELETE's body is not delimited. */
const lengthOf = (body: string | undefined): Record<string, string> =>
  body === undefined ? {} : { 'content-length': `${Buffer.byteLength(body)}` };

function ask(url: URL, options: RequestOptions, body: string | undefined): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const warning = response.headers['warning'];
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({
          code: response.statusCode ?? 0,
          body: parseBody(text),
          warnings: warning === undefined ? [] : String(warning).split(/, (?=299 )/),
        });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A watch: one JSON value a line.
  }
  try {
    return text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  } catch {
    return text;
  }
}

/** The real cluster's kubeconfig; says how to get one when there is none. */
export function realKubeconfig(env: NodeJS.ProcessEnv = process.env): string {
  const path = env['KUBECONFIG'];
  if (path === undefined || path === '') {
    throw new Error('Set KUBECONFIG to a real cluster: the differential test compares the embedded API server with it');
  }
  return readFileSync(path, 'utf8');
}
