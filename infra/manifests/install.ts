import { loadManifests } from '../generate/manifests.ts';
import { serverIdentity } from '../local/cluster/api/tls/certificate.ts';
import { type SecretObject, secrets } from './secrets.ts';
import { type WebhookConfiguration, webhookConfigurations } from './webhooks.ts';

const SERVICE = 'sympozium-webhook-service';

/** What an installation has of its own, made anew at each call: the Secrets, and the webhooks, which trust the certificate in one. */
export async function installObjects(namespace: string): Promise<(SecretObject | WebhookConfiguration)[]> {
  const { ca, server } = serverIdentity([`${SERVICE}.${namespace}.svc`, `${SERVICE}.${namespace}.svc.cluster.local`]);
  const webhooks = webhookConfigurations(await loadManifests(), ca, (path) => ({
    service: { namespace, name: SERVICE, port: 443, path },
  }));
  return [...secrets(namespace, server), ...webhooks];
}
