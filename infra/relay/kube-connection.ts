import { readFileSync } from 'node:fs';
import type { Environment } from '../../shared/config/load.ts';
import { connectionFrom } from '../../shared/kube/connection.ts';
import type { Connection } from '../../shared/kube/transport.ts';

/** A kubeconfig that signs in by running a program, as those of EKS, GKE and AKS do. */
const PLUGIN = /^\s*(?:- )?(?:exec|auth-provider):/m;

/**
 * The cluster that the environment names. The full client library is loaded only for a kubeconfig with a plug-in, because
 * it takes as much memory as all the rest.
 */
export async function relayConnection(env: Environment): Promise<Connection> {
  const { KUBECONFIG: path } = env;
  if (path === undefined || path === '' || !PLUGIN.test(readFileSync(path, 'utf8'))) return connectionFrom(env);
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  config.loadFromFile(path);
  const cluster = config.getCurrentCluster();
  if (cluster === null) return connectionFrom(env);

  const fresh = async () => {
    const options: Parameters<typeof config.applyToHTTPSOptions>[0] = {};
    await config.applyToHTTPSOptions(options);
    return options;
  };
  const { ca, cert, key } = await fresh();
  return {
    server: cluster.server,
    ...(cluster.skipTLSVerify && { skipTlsVerify: true }),
    ...textOf('ca', ca),
    ...textOf('clientCert', cert),
    ...textOf('clientKey', key),
    // The library keeps the plug-in's token until it expires.
    token: async () => bearerOf((await fresh()).headers),
  };
}

function textOf<Name extends string>(name: Name, value: unknown): { [name in Name]?: string } | Record<string, never> {
  if (typeof value === 'string') return { [name]: value } as { [name in Name]: string };
  if (Buffer.isBuffer(value)) return { [name]: value.toString('utf8') } as { [name in Name]: string };
  return {};
}

function bearerOf(headers: unknown): string | undefined {
  if (typeof headers !== 'object' || headers === null) return undefined;
  const value = Object.entries(headers).find(([name]) => name.toLowerCase() === 'authorization')?.[1];
  return typeof value === 'string' && value.startsWith('Bearer ') ? value.slice('Bearer '.length) : undefined;
}
