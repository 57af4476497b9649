import { apiVersionOf } from '../../shared/kube/resources.ts';
import type { AdmissionHook, FunctionManifest } from '../../shared/manifest.ts';

/** Where the API server finds the relay's TLS endpoint. */
type Place = { url: string } | { service: { namespace: string; name: string; port: number; path: string } };

export interface WebhookConfiguration {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels: Record<string, string> };
  webhooks: object[];
  [key: string]: unknown;
}

/** Above the function's own time-out, so that its answer decides. */
const TIMEOUT_SECONDS = 10;

/**
 * The two webhook configurations. Their rules name our kinds only, no deletion and no status: nothing else in a cluster can be
 * held up by them, whatever becomes of the relay [CTL-WA9]. `ca` is the authority that is trusted there, in PEM.
 */
export function webhookConfigurations(
  manifests: readonly Pick<FunctionManifest, 'admits'>[],
  ca: string,
  placeOf: (path: string) => Place,
): WebhookConfiguration[] {
  const caBundle = Buffer.from(ca).toString('base64');
  const hooks = manifests.flatMap(({ admits = [] }) => admits);
  const configuration = (kind: string, changes: boolean) => ({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind,
    metadata: { name: 'sympozium-webhook', labels: { 'app.kubernetes.io/part-of': 'sympozium' } },
    webhooks: hooks
      .filter((hook) => hook.changes === changes)
      .map((hook) => webhookOf(hook, { ...placeOf(hook.path), caBundle })),
  });
  return [configuration('MutatingWebhookConfiguration', true), configuration('ValidatingWebhookConfiguration', false)];
}

function webhookOf(hook: AdmissionHook, clientConfig: object): object {
  const { name, resource, operations, conditions, failurePolicy } = hook;
  const [group = '', version = ''] = apiVersionOf(resource).split('/');
  return {
    name,
    clientConfig,
    rules: [
      { operations, apiGroups: [group], apiVersions: [version], resources: [resource.plural], scope: 'Namespaced' },
    ],
    ...(conditions.length > 0 && { matchConditions: conditions }),
    failurePolicy,
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    timeoutSeconds: TIMEOUT_SECONDS,
  };
}
