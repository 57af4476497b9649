import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import type { Environment } from '../config/load.ts';
import { AppError } from '../errors.ts';
import { eksToken } from './eks-token.ts';
import type { Connection } from './transport.ts';

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
/** Bound tokens rotate hourly and the kubelet renews them early; a minute-old copy is always good. */
const TOKEN_REREAD_MS = 60_000;

/**
 * Finds the API server: an explicit `KUBECONFIG`, else the pod's ServiceAccount, else the EKS cluster `EKS_CLUSTER_NAME` at
 * `KUBERNETES_SERVER` with `KUBERNETES_CA` (PEM, or base64 of it, as AWS shows it). A blank variable counts as unset. Throws
 * `CONFIG_INVALID` when there is none of them, or half of one. `serviceAccountFolder` is where the kubelet mounts it.
 */
export function connectionFrom(env: Environment, serviceAccountFolder: string = SERVICE_ACCOUNT): Connection {
  const { KUBECONFIG, EKS_CLUSTER_NAME: cluster } = env;
  if (isSet(KUBECONFIG)) return connectionFromKubeconfig(KUBECONFIG);
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = env;
  if (isSet(host) && existsSync(`${serviceAccountFolder}/token`)) {
    const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
    const ca = readFileSync(`${serviceAccountFolder}/ca.crt`, 'utf8');
    return { server, ca, token: tokenFile(`${serviceAccountFolder}/token`) };
  }
  if (isSet(cluster)) return connectionToEks(cluster, env);
  throw new AppError(
    'CONFIG_INVALID',
    'No Kubernetes: set KUBECONFIG to a kubeconfig file, run in a pod with a ServiceAccount, or set EKS_CLUSTER_NAME',
  );
}

function connectionToEks(cluster: string, env: Environment): Connection {
  const { KUBERNETES_SERVER: server, KUBERNETES_CA: ca } = env;
  if (!isSet(server) || !isSet(ca)) {
    throw new AppError('CONFIG_INVALID', 'EKS_CLUSTER_NAME needs KUBERNETES_SERVER and KUBERNETES_CA of the cluster');
  }
  const pem = ca.includes('-----BEGIN') ? ca : Buffer.from(ca, 'base64').toString('utf8');
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) {
    throw new AppError('CONFIG_INVALID', 'KUBERNETES_CA must be a certificate in PEM, or base64 of one');
  }
  return { server, ca: pem, token: eksToken(cluster, env) };
}

const isSet = (value: string | undefined): value is string => value !== undefined && value.trim() !== '';

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
