import type { KubeClient } from '../../../../shared/kube/client.ts';
import { CONFIG_MAPS, pathOf, SECRETS, SERVICE_ACCOUNTS } from '../../../../shared/kube/resources.ts';
import type { ConfigMap, Secret } from '../client/core-types.ts';
import type { ReadData } from './container-env.ts';

/** Reads ConfigMaps and Secrets of one namespace live: a container starts with what is there now. */
export function dataReader(client: KubeClient, namespace: string): ReadData {
  return async (kind, name) => {
    if (kind === 'secret') {
      const secret = await client.get<Secret>(SECRETS, { namespace, name });
      return secret === undefined ? undefined : decoded(secret.data);
    }
    const configMap = await client.get<ConfigMap>(CONFIG_MAPS, { namespace, name });
    if (configMap === undefined) return undefined;
    const text = Object.entries(configMap.data ?? {}).map(([key, value]): [string, Buffer] => [
      key,
      Buffer.from(value),
    ]);
    return new Map([...text, ...decoded(configMap.binaryData)]);
  };
}

function decoded(data: Record<string, string> = {}): Map<string, Buffer> {
  return new Map(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64')]));
}

export interface TokenOptions {
  namespace: string;
  serviceAccount: string;
  pod: { name: string; uid: string };
  audience?: string;
  expirationSeconds?: number;
}

/** Asks the API server for a token bound to the pod. */
export async function requestToken(client: KubeClient, options: TokenOptions): Promise<string> {
  const { namespace, serviceAccount, pod, audience, expirationSeconds = 3600 } = options;
  const spec = {
    audiences: audience === undefined ? [] : [audience],
    expirationSeconds,
    boundObjectRef: { kind: 'Pod', apiVersion: 'v1', ...pod },
  };
  const answer = await client.json<{ status: { token: string } }>({
    method: 'POST',
    path: `${pathOf(SERVICE_ACCOUNTS, namespace, serviceAccount)}/token`,
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec },
  });
  return answer.status.token;
}
