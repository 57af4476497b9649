import { randomBytes } from 'node:crypto';
import { relayCredentials, trustConfig } from '../../shared/bus/credentials.ts';
import type { KeyPair } from '../local/cluster/api/tls/certificate.ts';

export interface SecretObject {
  apiVersion: 'v1';
  kind: 'Secret';
  metadata: { name: string; namespace: string };
  stringData: Record<string, string>;
  [key: string]: unknown;
}

/** The keys that relay, host and NATS share, made anew at each call: one Secret for each, with nothing that it does not need. */
export function secrets(namespace: string, webhook: KeyPair): SecretObject[] {
  const signing = () => `whsec_${randomBytes(32).toString('base64')}`;
  const [toFunction, toRelay] = [signing(), signing()];
  const memory = randomBytes(32).toString('base64url');
  const bus = randomBytes(32).toString('base64url');
  const secret = (name: string, stringData: Record<string, string>): SecretObject => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace },
    stringData,
  });
  return [
    secret('sympozium-webhook-cert', { 'tls.crt': webhook.certificate, 'tls.key': webhook.key }),
    secret('sympozium-nats', { 'trust.conf': trustConfig(bus) }),
    secret('sympozium-relay-bus', { 'relay.creds': relayCredentials(bus) }),
    secret('sympozium-relay', {
      RELAY_TO_FUNCTION_SECRETS: toFunction,
      FUNCTION_TO_RELAY_SECRETS: toRelay,
      MEMORY_SECRETS: memory,
    }),
    secret('sympozium-host', {
      RELAY_TO_FUNCTION_SECRETS: toFunction,
      FUNCTION_TO_RELAY_SECRET: toRelay,
      POD_EVENT_BUS_SECRET: bus,
      POD_MEMORY_SECRET: memory,
      SYMPOZIUM_UI_TOKEN: randomBytes(24).toString('base64url'),
    }),
  ];
}
