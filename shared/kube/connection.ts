import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import type { Environment } from '../config/load.ts';
import { AppError } from '../errors.ts';
import type { Connection } from './transport.ts';

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
/** Bound tokens rotate hourly and the kubelet renews them early; a minute-old copy is always good. */
const TOKEN_REREAD_MS = 60_000;

/** Finds the API server: an explicit `KUBECONFIG`, else the pod's ServiceAccount. Throws `CONFIG_INVALID` when there is neither. */
export function connectionFrom(env: Environment): Connection {
  const { KUBECONFIG, KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = env;
  if (KUBECONFIG !== undefined && KUBECONFIG !== '') return connectionFromKubeconfig(KUBECONFIG);
  if (host !== undefined && existsSync(`${SERVICE_ACCOUNT}/token`)) {
    const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
    return {
      server,
      ca: readFileSync(`${SERVICE_ACCOUNT}/ca.crt`, 'utf8'),
      token: tokenFile(`${SERVICE_ACCOUNT}/token`),
    };
  }
  throw new AppError(
    'CONFIG_INVALID',
    'No Kubernetes: set KUBECONFIG to a kubeconfig file, or run in a pod with a ServiceAccount',
  );
}

/** The parts of a kubeconfig file that matter here. */
interface Kubeconfig {
  'current-context'?: string;
  contexts?: { name: string; context: { cluster: string; user: string } }[];
  clusters?: { name: string; cluster: Record<string, string | boolean> }[];
  users?: { name: string; user: Record<string, string> }[];
}

/** Reads the current context of a kubeconfig: certificates and tokens, inline or in files. Exec plugins are refused. */
export function connectionFromKubeconfig(path: string): Connection {
  const config = parse(readFileSync(path, 'utf8')) as Kubeconfig;
  const context = config.contexts?.find(({ name }) => name === config['current-context'])?.context;
  const cluster = config.clusters?.find(({ name }) => name === context?.cluster)?.cluster;
  const user = config.users?.find(({ name }) => name === context?.user)?.user ?? {};
  if (typeof cluster?.['server'] !== 'string')
    throw new AppError('CONFIG_INVALID', `${path} names no server in its current context`);
  if ('exec' in user || 'auth-provider' in user) {
    throw new AppError(
      'CONFIG_INVALID',
      `${path} signs in with a plug-in, which functions do not run; use a token or a certificate`,
    );
  }
  const read = (from: Record<string, unknown>, key: string): string | undefined => {
    const inline = from[`${key}-data`];
    if (typeof inline === 'string') return Buffer.from(inline, 'base64').toString('utf8');
    const file = from[key];
    return typeof file === 'string' ? readFileSync(resolve(dirname(path), file), 'utf8') : undefined;
  };
  const ca = read(cluster, 'certificate-authority');
  const clientCert = read(user, 'client-certificate');
  const clientKey = read(user, 'client-key');
  const { token, tokenFile: file } = user;
  return {
    server: cluster['server'],
    ...(ca !== undefined && { ca }),
    ...(clientCert !== undefined && { clientCert }),
    ...(clientKey !== undefined && { clientKey }),
    ...(cluster['insecure-skip-tls-verify'] === true && { skipTlsVerify: true }),
    ...(token !== undefined && { token: () => token }),
    ...(file !== undefined && { token: tokenFile(resolve(dirname(path), file)) }),
  };
}

function tokenFile(path: string): () => string {
  let token = '';
  let readAt = Number.NEGATIVE_INFINITY;
  return () => {
    if (performance.now() - readAt > TOKEN_REREAD_MS) {
      token = readFileSync(path, 'utf8').trim();
      readAt = performance.now();
    }
    return token;
  };
}
