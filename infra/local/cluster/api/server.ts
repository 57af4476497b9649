import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { callWebhooks } from './admission/call-webhooks.ts';
import { Rbac } from './auth/rbac.ts';
import { TokenIssuer } from './auth/tokens.ts';
import { bootstrap } from './bootstrap.ts';
import type { ClusterState, KubeletLogs } from './cluster-state.ts';
import { createHandler } from './http/handler.ts';
import { CustomResources } from './kinds/custom-resources.ts';
import { Registry } from './registry.ts';
import { Store } from './storage/store.ts';
import { serverIdentity } from './tls/certificate.ts';

export interface ApiServerOptions {
  /** Where objects and keys are kept; without it nothing outlives the process. */
  dataDir?: string;
  /** 0, the default, takes a free one. */
  port?: number;
  host?: string;
  /** Of the admin (group `system:masters`); random when absent. */
  token?: string;
  kubeletLogs?: KubeletLogs;
}

export interface ApiServer {
  readonly url: string;
  readonly token: string;
  /** Certificate (PEM) of the CA that vouches for the server. */
  readonly ca: string;
  /** A kubeconfig (YAML) for the admin. */
  kubeconfig(): string;
  /** Ends watches and connections, then the server. */
  close(): Promise<void>;
}

/** Starts the API server of the embedded cluster: HTTPS (kubectl drops tokens over plain HTTP), every request with a bearer token. */
export async function startApiServer(options: ApiServerOptions = {}): Promise<ApiServer> {
  const { dataDir, port = 0, host = '127.0.0.1', token = randomBytes(24).toString('base64url'), kubeletLogs } = options;
  const store = new Store(dataDir === undefined ? undefined : join(dataDir, 'objects'));
  const now = (): Date => new Date();
  const registry = new Registry();
  const cluster: ClusterState = {
    store,
    registry,
    rbac: new Rbac(store),
    tokens: new TokenIssuer(store, now, dataDir),
    webhooks: callWebhooks(store),
    kubeletLogs,
    now,
  };
  new CustomResources(cluster).start();
  bootstrap(cluster);
  const identity = serverIdentity(['localhost', '127.0.0.1', 'kubernetes.default.svc', host], dataDir);
  const tls = { cert: identity.server.certificate, key: identity.server.key };
  const server = createServer({ ...tls, keepAliveTimeout: 120_000, requestTimeout: 0 }, createHandler(cluster, token));
  const address = await listen(server, port, host);
  const url = `https://${host.includes(':') ? `[${host}]` : host}:${address.port}`;
  return {
    url,
    token,
    ca: identity.ca,
    kubeconfig: () => kubeconfig(url, token, identity.ca),
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      store.close();
    },
  };
}

function listen(server: Server, port: number, host: string): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      const address = server.address();
      if (typeof address === 'object' && address !== null) resolve(address);
      else reject(new Error('The server has no address'));
    });
  });
}

function kubeconfig(server: string, token: string, ca: string): string {
  return `apiVersion: v1
kind: Config
current-context: embedded
clusters:
  - name: embedded
    cluster:
      server: ${server}
      certificate-authority-data: ${Buffer.from(ca).toString('base64')}
users:
  - name: admin
    user:
      token: ${token}
contexts:
  - name: embedded
    context:
      cluster: embedded
      user: admin
`;
}
