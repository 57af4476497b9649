import { selectorMatches } from '../kinds/selector.ts';
import { records, text } from '../kinds/shape.ts';
import { isRecord, type KubeObject } from '../object.ts';
import type { Store } from '../storage/store.ts';
import type { Change } from './webhooks.ts';

/** One webhook of a configuration. */
export interface Webhook {
  name: string;
  configuration: string;
  clientConfig: Record<string, unknown>;
  failurePolicy: string;
  timeoutSeconds: number;
  sideEffects: string;
  matchConditions: { name: string; expression: string }[];
  raw: Record<string, unknown>;
}

function webhookOf(configuration: KubeObject, raw: Record<string, unknown>): Webhook {
  return {
    name: text(raw['name']),
    configuration: configuration.metadata.name ?? '',
    clientConfig: isRecord(raw['clientConfig']) ? raw['clientConfig'] : {},
    failurePolicy: text(raw['failurePolicy']) || 'Fail',
    timeoutSeconds: typeof raw['timeoutSeconds'] === 'number' ? raw['timeoutSeconds'] : 10,
    sideEffects: text(raw['sideEffects']),
    matchConditions: records(raw['matchConditions']).map(({ name, expression }) => ({
      name: text(name),
      expression: text(expression),
    })),
    raw,
  };
}

const includes = (list: unknown, value: string): boolean =>
  Array.isArray(list) && (list.includes('*') || list.includes(value));

function resourceMatches(resources: unknown, resource: string, subresource: string): boolean {
  if (!Array.isArray(resources)) return false;
  const full = subresource === '' ? resource : `${resource}/${subresource}`;
  return resources.some(
    (item) =>
      item === full ||
      item === '*/*' ||
      (item === '*' && subresource === '') ||
      item === `${resource}/*` ||
      (subresource !== '' && item === `*/${subresource}`),
  );
}

function ruleMatches(rule: Record<string, unknown>, { context, operation }: Change): boolean {
  const { type, request } = context;
  const scope = text(rule['scope']) || '*';
  return (
    includes(rule['operations'], operation) &&
    includes(rule['apiGroups'], type.group) &&
    includes(rule['apiVersions'], type.version) &&
    resourceMatches(rule['resources'], type.resource, request.subresource) &&
    (scope === '*' || (scope === 'Namespaced') === type.namespaced)
  );
}

function selects(webhook: Record<string, unknown>, store: Store, { context, object, old }: Change): boolean {
  const { type, request } = context;
  const { namespaceSelector = {}, objectSelector = {} } = webhook;
  if (type.namespaced || type.storage === 'namespaces') {
    const name = type.namespaced ? request.namespace : (object ?? old)?.metadata.name;
    const namespace = type.storage === 'namespaces' ? (object ?? old) : store.get('namespaces', `${name}`)?.object;
    if (!selectorMatches(namespaceSelector, namespace?.metadata.labels ?? {})) return false;
  }
  return [object, old].some(
    (item) => item !== undefined && selectorMatches(objectSelector, item.metadata.labels ?? {}),
  );
}

/** The webhooks that a change is for, in the order the real server calls them. Its own kinds are never sent to webhooks. */
export function matchingWebhooks(store: Store, resource: string, change: Change): Webhook[] {
  if (change.context.type.group === 'admissionregistration.k8s.io') return [];
  const collection = store.collection(`admissionregistration.k8s.io/${resource}`);
  if (collection.entries.size === 0) return [];
  return collection.list('').flatMap(({ object }) =>
    records(object['webhooks'])
      .filter(
        (webhook) =>
          records(webhook['rules']).some((rule) => ruleMatches(rule, change)) && selects(webhook, store, change),
      )
      .map((webhook) => webhookOf(object, webhook)),
  );
}
