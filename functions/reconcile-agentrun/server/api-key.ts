import { randomBytes } from 'node:crypto';
import { COMPONENTS, LABELS } from '../../../crds/labels.ts';
import type { SympoziumInstance } from '../../../crds/sympoziuminstance.ts';
import { fitName } from '../../../shared/kube/names.ts';
import type { KubeObject } from '../../../shared/kube/objects.ts';

/** Key within the Secret. */
export const API_KEY = 'api-key';

/** The Secret with the key that callers of a server must show: one that a parameter names, which others make, or the instance's. */
export function apiKeySecretOf(
  instance: string,
  { auth_secret_ref: given = '' }: Readonly<Record<string, string>>,
): { name: string; given: boolean } {
  return given === ''
    ? { name: fitName(`${instance}-web-proxy-key`, 253), given: false }
    : { name: given, given: true };
}

/** 192 random bits in the original's form [RUN-107]. */
export const newApiKey = (): string => `sk-${randomBytes(24).toString('hex')}`;

/** It belongs to the instance, so that the key outlives the run and a server that is made anew keeps it [RUN-W40]. */
export function apiKeySecret({ apiVersion, kind, metadata }: SympoziumInstance, key: string): KubeObject {
  const { name, namespace = '', uid = '' } = metadata;
  const object = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: apiKeySecretOf(name, {}).name,
      namespace,
      labels: { [LABELS.instance]: fitName(name), [LABELS.component]: COMPONENTS.webProxy },
      ownerReferences: [{ apiVersion, kind, name, uid }],
    },
    type: 'Opaque',
    data: { [API_KEY]: Buffer.from(key).toString('base64') },
  };
  return object;
}
