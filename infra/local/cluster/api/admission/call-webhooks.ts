import { jsonPatch } from '../../apply/json-patch.ts';
import { Authorizer } from '../../schema/cel-authorizer.ts';
import { evaluateCel } from '../../schema/cel-expression.ts';
import type { KubeObject } from '../object.ts';
import { ApiError, badRequest, internalError } from '../status.ts';
import type { Store } from '../storage/store.ts';
import { type AdmissionResponse, admissionRequest, callWebhook } from './admission-review.ts';
import { matchingWebhooks, type Webhook } from './webhook-config.ts';
import type { Change, Webhooks } from './webhooks.ts';

/** False when a condition says that the webhook is not concerned; a condition that fails is settled by the failure policy. */
function conditionsHold(webhook: Webhook, change: Change): boolean {
  if (webhook.matchConditions.length === 0) return true;
  const { cluster, request } = change.context;
  const variables = {
    object: change.object ?? null,
    oldObject: change.old ?? null,
    request: admissionRequest(change),
    authorizer: new Authorizer((question) => cluster.rbac.allows(request.user, question)),
  };
  const results = webhook.matchConditions.map(({ expression }) => evaluateCel(expression, variables));
  if (results.some((result) => 'value' in result && result.value === false)) return false;
  if (results.every((result) => 'value' in result)) return true;
  if (webhook.failurePolicy === 'Ignore') return false;
  throw new ApiError(
    403,
    'Forbidden',
    `admission webhook "${webhook.name}" denied the request: match conditions failed to evaluate`,
  );
}

async function ask(
  store: Store,
  webhook: Webhook,
  change: Change,
  object: KubeObject | undefined,
): Promise<AdmissionResponse | undefined> {
  const { context } = change;
  if (context.dryRun && webhook.sideEffects !== 'None' && webhook.sideEffects !== 'NoneOnDryRun') {
    throw badRequest(`admission webhook "${webhook.name}" does not support dry run`);
  }
  try {
    return await callWebhook(store, webhook, change, object);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown';
    const text = `failed calling webhook "${webhook.name}": failed to call webhook: ${why}`;
    if (webhook.failurePolicy === 'Ignore') {
      context.warnings.push(`Failed calling webhook, failing open ${webhook.name}: ${text}`);
      return undefined;
    }
    throw internalError(text);
  }
}

function checkAllowed(webhook: Webhook, change: Change, response: AdmissionResponse): void {
  change.context.warnings.push(...(response.warnings ?? []));
  if (response.allowed) return;
  const { code, message, reason } = response.status ?? {};
  const denied = `admission webhook "${webhook.name}" denied the request`;
  const text = message ? `${denied}: ${message}` : reason ? `${denied}: ${reason}` : `${denied} without explanation`;
  throw new ApiError(code && code >= 400 ? code : 400, reason ?? '', text);
}

function withPatch(webhook: Webhook, object: KubeObject, patch: string): KubeObject {
  const outcome = jsonPatch(object, JSON.parse(Buffer.from(patch, 'base64').toString('utf8')));
  if ('error' in outcome) throw internalError(`failed calling webhook "${webhook.name}": ${outcome.error.message}`);
  return outcome.object as KubeObject; // Read again as its kind by the caller.
}

/** Calls the webhooks that the stored configurations name: mutating ones one after the other, validating ones together. */
export function callWebhooks(store: Store): Webhooks {
  return {
    async admit<T extends KubeObject | undefined>(change: Change & { object: T }): Promise<T> {
      let object: KubeObject | undefined = change.object;
      for (const webhook of matchingWebhooks(store, 'mutatingwebhookconfigurations', change)) {
        if (!conditionsHold(webhook, { ...change, object })) continue;
        const response = await ask(store, webhook, change, object);
        if (response === undefined) continue;
        checkAllowed(webhook, change, response);
        if (response.patch !== undefined && object !== undefined) object = withPatch(webhook, object, response.patch);
      }
      return object as T; // An object stays one, and no object stays none.
    },
    async validate(change) {
      const webhooks = matchingWebhooks(store, 'validatingwebhookconfigurations', change).filter((webhook) =>
        conditionsHold(webhook, change),
      );
      await Promise.all(
        webhooks.map(async (webhook) => {
          const response = await ask(store, webhook, change, change.object);
          if (response !== undefined) checkAllowed(webhook, change, response);
        }),
      );
    },
  };
}
