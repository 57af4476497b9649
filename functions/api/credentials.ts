import { API_VERSION, KINDS } from '../../crds/group.ts';
import { LABELS } from '../../crds/labels.ts';
import type { KubeClient } from '../../shared/kube/client.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { SECRETS } from '../../shared/kube/resources.ts';
import { isConflict } from '../../shared/kube/status-error.ts';
import type { CreateInstance } from './instance-request.ts';
import { FIELD_MANAGER } from './objects.ts';
import { secretKeyName } from './providers.ts';

/** A Secret that is to hold what the request brought; values in the clear. */
export interface Credentials {
  secretName: string;
  values: Record<string, string>;
}

/** The credentials that came with a request; undefined when it names a Secret or brings none. */
export function credentialsOf(request: CreateInstance): Credentials | undefined {
  const { name, provider, secretName, apiKey } = request;
  if (secretName) return undefined;
  if (provider === 'bedrock' && request.awsRegion) {
    return { secretName: `${name}-bedrock-key`, values: awsValues(request, request.awsRegion) };
  }
  if (!apiKey) return undefined;
  return { secretName: `${name}-${provider.trim().toLowerCase()}-key`, values: { [secretKeyName(provider)]: apiKey } };
}

function awsValues(request: CreateInstance, region: string): Record<string, string> {
  const { awsAccessKeyId, awsSecretAccessKey = '', awsSessionToken } = request;
  return {
    AWS_REGION: region,
    ...(awsAccessKeyId && { AWS_ACCESS_KEY_ID: awsAccessKeyId, AWS_SECRET_ACCESS_KEY: awsSecretAccessKey }),
    ...(awsAccessKeyId && awsSessionToken && { AWS_SESSION_TOKEN: awsSessionToken }),
  };
}

/**
 * Stores credentials for an instance that exists: in a Secret that the instance owns and that goes with it (API-W34). A Secret
 * of that name that was there before keeps its owner, labels and other keys; the given keys are overwritten.
 */
export async function storeCredentials(
  kube: KubeClient,
  instance: KubeObject,
  { secretName, values }: Credentials,
): Promise<void> {
  const { name, namespace = 'default', uid = '' } = instance.metadata;
  const data = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  );
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: secretName,
      namespace,
      labels: { [LABELS.appManagedBy]: 'sympozium', [LABELS.instance]: name },
      ownerReferences: [{ apiVersion: API_VERSION, kind: KINDS.SympoziumInstance.kind, name, uid }],
    },
    type: 'Opaque',
    data,
  };
  const options = { fieldManager: FIELD_MANAGER };
  await kube.create(SECRETS, secret, options).catch(async (error: unknown) => {
    if (!isConflict(error)) throw error;
    await kube.mergePatch({ resource: SECRETS, namespace, name: secretName }, { data }, options);
  });
}
