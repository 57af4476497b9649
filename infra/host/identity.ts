import type { KubeClient } from '../../shared/kube/client.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { pathOf, SERVICE_ACCOUNTS } from '../../shared/kube/resources.ts';

interface TokenRequest extends KubeObject {
  spec: { expirationSeconds: number };
  status?: { token: string; expirationTimestamp: string };
}

/** What is asked for; the API server may grant less. */
const LIFETIME_SECONDS = 3600;
/** A token is replaced when this share of its life is over, as kubelets do. */
const RENEW_AT = 0.8;

/**
 * Tokens of one function's ServiceAccount `sympozium-<function>`, by TokenRequest, renewed early. Each function so has its own
 * rights though one process runs them all; the host's own identity may do nothing but ask for these tokens.
 */
export function serviceAccountToken(kube: KubeClient, namespace: string, functionName: string): () => Promise<string> {
  const name = `sympozium-${functionName}`;
  let current: { token: Promise<string>; renewAt: number } | undefined;

  async function request(): Promise<string> {
    const granted = await kube.json<TokenRequest>({
      method: 'POST',
      path: `${pathOf(SERVICE_ACCOUNTS, namespace, name)}/token`,
      body: {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { expirationSeconds: LIFETIME_SECONDS },
      },
    });
    const { token = '', expirationTimestamp } = granted.status ?? {};
    const life = expirationTimestamp === undefined ? 0 : Date.parse(expirationTimestamp) - Date.now();
    if (current !== undefined) current.renewAt = Date.now() + life * RENEW_AT;
    return token;
  }

  return () => {
    if (current === undefined || Date.now() >= current.renewAt) {
      // Until the answer tells the real time, callers share this request.
      current = { token: request(), renewAt: Number.POSITIVE_INFINITY };
      current.token.catch(() => {
        current = undefined;
      });
    }
    return current.token;
  };
}
