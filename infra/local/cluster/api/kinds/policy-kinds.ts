import { deepEqual } from '../../apply/values.ts';
import { at, isRecord, type KubeObject } from '../object.ts';
import { type Cause, fieldError } from '../status.ts';
import type { KindRules } from './resource-type.ts';
import { validSelector } from './selector.ts';
import { child, type Fields, fillIn, records, text } from './shape.ts';

const RBAC_GROUP = 'rbac.authorization.k8s.io';

function validateRules(object: KubeObject): Cause[] {
  return records(object['rules']).flatMap((rule, index) => {
    const path = `rules[${index}]`;
    const has = (field: string): boolean => Array.isArray(rule[field]) && rule[field].length > 0;
    const causes: Cause[] = has('verbs')
      ? []
      : [fieldError.required(`${path}.verbs`, 'verbs must contain at least one value')];
    if (has('nonResourceURLs')) {
      if (object.metadata.namespace !== undefined) {
        causes.push(
          fieldError.invalid(
            `${path}.nonResourceURLs`,
            rule['nonResourceURLs'],
            'namespaced rules cannot apply to non-resource URLs',
          ),
        );
      }
      return causes;
    }
    if (!has('apiGroups'))
      causes.push(fieldError.required(`${path}.apiGroups`, 'resource rules must supply at least one api group'));
    if (!has('resources'))
      causes.push(fieldError.required(`${path}.resources`, 'resource rules must supply at least one resource'));
    return causes;
  });
}

/** Rules and subjects are lists that are printed even when there are none. */
const role: KindRules = {
  name: 'path-segment',
  default: (object) => {
    object['rules'] ??= null;
  },
  validate: validateRules,
};

export const ROLE: KindRules = {
  ...role,
  columns: [{ name: 'Created At', type: 'date', cell: ({ metadata }) => metadata.creationTimestamp }],
};

/** The internal Go type, which has no JSON names, is what the real server prints. */
const goReference = (roleRef: unknown): Fields => ({
  APIGroup: at(roleRef, 'apiGroup'),
  Kind: at(roleRef, 'kind'),
  Name: at(roleRef, 'name'),
});

function validateBinding(object: KubeObject, old?: KubeObject): Cause[] {
  const { roleRef } = object;
  const causes: Cause[] = [];
  if (!text(at(roleRef, 'name'))) causes.push(fieldError.required('roleRef.name'));
  const kinds = object.kind === 'RoleBinding' ? ['Role', 'ClusterRole'] : ['ClusterRole'];
  if (!kinds.includes(text(at(roleRef, 'kind'))))
    causes.push(fieldError.notSupported('roleRef.kind', text(at(roleRef, 'kind')), kinds));
  for (const [index, { kind, name, namespace }] of records(object['subjects']).entries()) {
    if (!text(name)) causes.push(fieldError.required(`subjects[${index}].name`));
    if (kind === 'ServiceAccount' && !text(namespace)) causes.push(fieldError.required(`subjects[${index}].namespace`));
  }
  if (old !== undefined && !deepEqual(roleRef, old['roleRef']))
    causes.push(fieldError.invalid('roleRef', goReference(roleRef), 'cannot change roleRef'));
  return causes;
}

export const BINDING: KindRules = {
  name: 'path-segment',
  default: (object) => {
    if (isRecord(object['roleRef'])) object['roleRef']['apiGroup'] ||= RBAC_GROUP;
    for (const subject of records(object['subjects']))
      if (subject['kind'] !== 'ServiceAccount') subject['apiGroup'] ||= RBAC_GROUP;
  },
  validate: validateBinding,
  columns: [{ name: 'Role', type: 'string', cell: ({ roleRef }) => `${at(roleRef, 'kind')}/${at(roleRef, 'name')}` }],
};

export const NETWORK_POLICY: KindRules = {
  generation: true,
  default: (object) => {
    const spec = child(object, 'spec');
    spec['policyTypes'] ??= [
      'Ingress',
      ...(Array.isArray(spec['egress']) && spec['egress'].length > 0 ? ['Egress'] : []),
    ];
    const rules = [...records(spec['ingress']), ...records(spec['egress'])];
    for (const port of rules.flatMap(({ ports }) => records(ports))) fillIn(port, { protocol: 'TCP' });
  },
  validate: ({ spec }) => validSelector(spec?.['podSelector'], 'spec.podSelector'),
  columns: [
    {
      name: 'Pod-Selector',
      type: 'string',
      cell: ({ spec }) => {
        const labels = at(spec, 'podSelector', 'matchLabels');
        return isRecord(labels)
          ? Object.entries(labels)
              .map(([key, value]) => `${key}=${value}`)
              .join(',')
          : '<none>';
      },
    },
  ],
};

export const LEASE: KindRules = {
  validate: ({ spec = {} }) =>
    ['leaseDurationSeconds', 'leaseTransitions'].flatMap((field) => {
      const value = spec[field];
      const least = field === 'leaseDurationSeconds' ? 1 : 0;
      const detail = least === 1 ? 'must be greater than 0' : 'must be greater than or equal to 0';
      return typeof value === 'number' && value < least ? [fieldError.invalid(`spec.${field}`, value, detail)] : [];
    }),
  columns: [{ name: 'Holder', type: 'string', cell: ({ spec }) => spec?.['holderIdentity'] }],
};

export const BUDGET: KindRules = {
  generation: true,
  prepareCreate: (object) => {
    object.status = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };
  },
};

export const STORAGE_CLASS: KindRules = {
  default: (object) => fillIn(object, { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' }),
  columns: [
    { name: 'Provisioner', type: 'string', cell: (object) => object['provisioner'] },
    { name: 'ReclaimPolicy', type: 'string', cell: (object) => object['reclaimPolicy'] },
    { name: 'VolumeBindingMode', type: 'string', cell: (object) => object['volumeBindingMode'] },
  ],
};

function defaultWebhook(webhook: Fields): void {
  fillIn(webhook, {
    failurePolicy: 'Fail',
    matchPolicy: 'Equivalent',
    namespaceSelector: {},
    objectSelector: {},
    timeoutSeconds: 10,
  });
  if (isRecord(at(webhook, 'clientConfig', 'service')))
    fillIn(child(child(webhook, 'clientConfig'), 'service'), { port: 443 });
  for (const rule of records(webhook['rules'])) fillIn(rule, { scope: '*' });
}

function validateWebhooks(object: KubeObject): Cause[] {
  return records(object['webhooks']).flatMap((webhook, index) => {
    const path = `webhooks[${index}]`;
    const causes: Cause[] = [];
    if (text(webhook['name']).split('.').length < 3) {
      causes.push(
        fieldError.invalid(
          `${path}.name`,
          webhook['name'],
          'should be a domain with at least three segments separated by dots',
        ),
      );
    }
    const effects = ['None', 'NoneOnDryRun'];
    if (!effects.includes(text(webhook['sideEffects'])))
      causes.push(fieldError.notSupported(`${path}.sideEffects`, webhook['sideEffects'] ?? '', effects));
    const versions = webhook['admissionReviewVersions'];
    if (!Array.isArray(versions) || !versions.includes('v1'))
      causes.push(fieldError.required(`${path}.admissionReviewVersions`, 'must specify one of v1, v1beta1'));
    const { url, service } = isRecord(webhook['clientConfig']) ? webhook['clientConfig'] : {};
    if ((url === undefined) === (service === undefined))
      causes.push(fieldError.required(`${path}.clientConfig`, 'exactly one of url or service is required'));
    else if (typeof url === 'string' && !url.startsWith('https://')) {
      causes.push(
        fieldError.invalid(
          `${path}.clientConfig.url`,
          url.split(':')[0],
          "'https' is the only allowed URL scheme; desired format: https://host[/path]",
        ),
      );
    }
    return causes;
  });
}

export const WEBHOOKS: KindRules = {
  generation: true,
  default: (object) => {
    for (const webhook of records(object['webhooks'])) {
      defaultWebhook(webhook);
      if (object.kind === 'MutatingWebhookConfiguration') fillIn(webhook, { reinvocationPolicy: 'Never' });
    }
  },
  validate: validateWebhooks,
  columns: [{ name: 'Webhooks', type: 'integer', cell: (object) => records(object['webhooks']).length }],
};

export const ENDPOINT_SLICE: KindRules = {
  generation: true,
  default: (slice) => {
    for (const port of records(slice['ports'])) fillIn(port, { name: '', protocol: 'TCP' });
  },
  columns: [
    { name: 'AddressType', type: 'string', cell: (slice) => slice['addressType'] },
    {
      name: 'Ports',
      type: 'string',
      cell: (slice) =>
        records(slice['ports'])
          .map(({ port }) => port)
          .join(',') || '<unset>',
    },
    {
      name: 'Endpoints',
      type: 'string',
      cell: (slice) =>
        records(slice['endpoints'])
          .flatMap(({ addresses }) => (Array.isArray(addresses) ? addresses : []))
          .join(',') || '<unset>',
    },
  ],
};
