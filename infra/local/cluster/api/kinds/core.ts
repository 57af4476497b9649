import { deepEqual } from '../../apply/values.ts';
import { at, isRecord, type KubeObject } from '../object.ts';
import { age } from '../print/table.ts';
import { type Cause, fieldError } from '../status.ts';
import type { KindRules } from './resource-type.ts';
import { child, fillIn, records, text } from './shape.ts';

const KEY = /^[-._a-zA-Z0-9]+$/;
const KEY_TEXT =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const ONE_MB = 1024 * 1024;
const WHEN_IMMUTABLE = 'field is immutable when `immutable` is set';

const size = (value: unknown): number => (isRecord(value) ? Object.keys(value).length : 0);
const total = (...maps: unknown[]): number =>
  maps.reduce<number>(
    (sum, map) =>
      sum + (isRecord(map) ? Object.values(map).reduce<number>((bytes, item) => bytes + text(item).length, 0) : 0),
    0,
  );

function keysOf(map: unknown, path: string): Cause[] {
  return Object.keys(isRecord(map) ? map : {}).flatMap((key) =>
    KEY.test(key) ? [] : [fieldError.invalid(`${path}[${key}]`, key, KEY_TEXT)],
  );
}

function immutable(next: KubeObject, old: KubeObject | undefined, fields: readonly string[]): Cause[] {
  if (old?.['immutable'] !== true) return [];
  const causes = next['immutable'] === true ? [] : [fieldError.forbidden('immutable', WHEN_IMMUTABLE)];
  return [
    ...causes,
    ...fields
      .filter((field) => !deepEqual(next[field], old[field]))
      .map((field) => fieldError.forbidden(field, WHEN_IMMUTABLE)),
  ];
}

export const CONFIG_MAP: KindRules = {
  validate: (map, old) => [
    ...keysOf(map['data'], 'data'),
    ...keysOf(map['binaryData'], 'binaryData'),
    ...(total(map['data'], map['binaryData']) > ONE_MB ? [fieldError.tooLong('', ONE_MB)] : []),
    ...immutable(map, old, ['data', 'binaryData']),
  ],
  columns: [{ name: 'Data', type: 'string', cell: (map) => size(map['data']) + size(map['binaryData']) }],
};

export const SECRET: KindRules = {
  default: (secret) => {
    const { stringData } = secret;
    if (isRecord(stringData)) {
      const encoded = Object.entries(stringData).map(([key, value]) => [
        key,
        Buffer.from(text(value)).toString('base64'),
      ]);
      secret['data'] = { ...(isRecord(secret['data']) ? secret['data'] : {}), ...Object.fromEntries(encoded) };
    }
    delete secret['stringData'];
    secret['type'] ??= 'Opaque';
  },
  validate: (secret, old) => [
    ...keysOf(secret['data'], 'data'),
    ...Object.entries(isRecord(secret['data']) ? secret['data'] : {}).flatMap(([key, value]) =>
      BASE64.test(text(value)) ? [] : [fieldError.invalid(`data[${key}]`, '<redacted>', 'must be base64')],
    ),
    ...(old !== undefined && old['type'] !== secret['type']
      ? [fieldError.invalid('type', secret['type'], 'field is immutable')]
      : []),
    ...immutable(secret, old, ['data']),
  ],
  selectable: (secret) => ({ type: text(secret['type']) }),
  columns: [
    { name: 'Type', type: 'string', cell: (secret) => secret['type'] },
    { name: 'Data', type: 'string', cell: (secret) => size(secret['data']) },
  ],
};

export const NAMESPACE: KindRules = {
  name: 'dns-label',
  default: (namespace) => {
    if (namespace.metadata.name)
      namespace.metadata.labels = {
        ...namespace.metadata.labels,
        'kubernetes.io/metadata.name': namespace.metadata.name,
      };
  },
  prepareCreate: (namespace) => {
    namespace.spec = { finalizers: ['kubernetes'] };
    namespace.status = { phase: 'Active' };
  },
  prepareUpdate: (next, old) => {
    if (old.spec !== undefined) next.spec = old.spec;
  },
  selectable: ({ status }) => ({ 'status.phase': text(status?.['phase']) }),
  columns: [{ name: 'Status', type: 'string', cell: ({ status }) => status?.['phase'] }],
};

export const SERVICE_ACCOUNT: KindRules = {
  columns: [{ name: 'Secrets', type: 'string', cell: (account) => records(account['secrets']).length }],
};

export const CLAIM: KindRules = {
  default: (claim) => fillIn(child(claim, 'spec'), { volumeMode: 'Filesystem' }),
  prepareCreate: (claim) => {
    claim.status = { phase: 'Pending' };
    claim.metadata.finalizers = [...new Set([...(claim.metadata.finalizers ?? []), 'kubernetes.io/pvc-protection'])];
  },
  validate: ({ spec = {} }, old) => [
    ...(Array.isArray(spec['accessModes'])
      ? []
      : [fieldError.required('spec.accessModes', 'at least 1 access mode is required')]),
    ...(at(spec, 'resources', 'requests', 'storage') === undefined
      ? [fieldError.required('spec.resources[storage]')]
      : []),
    ...(old !== undefined && !deepEqual(spec['accessModes'], old.spec?.['accessModes'])
      ? [
          fieldError.forbidden(
            'spec',
            'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
          ),
        ]
      : []),
  ],
  columns: [
    { name: 'Status', type: 'string', cell: ({ status }) => status?.['phase'] },
    { name: 'Volume', type: 'string', cell: ({ spec }) => spec?.['volumeName'] },
    { name: 'Capacity', type: 'string', cell: ({ status }) => at(status, 'capacity', 'storage') },
    {
      name: 'Access Modes',
      type: 'string',
      cell: ({ status }) => (Array.isArray(status?.['accessModes']) ? status['accessModes'].join(',') : ''),
    },
    { name: 'StorageClass', type: 'string', cell: ({ spec }) => spec?.['storageClassName'] },
    { name: 'VolumeAttributesClass', type: 'string', cell: () => '<unset>' },
    { name: 'Age', type: 'string', cell: ({ metadata }, now) => age(metadata.creationTimestamp, now) },
    { name: 'VolumeMode', type: 'string', priority: 1, cell: ({ spec }) => spec?.['volumeMode'] },
  ],
};

const reference = (event: KubeObject, field: string): string => text(at(event, 'involvedObject', field));
const lastSeen = (event: KubeObject): string =>
  text(at(event, 'series', 'lastObservedTime')) ||
  text(event['lastTimestamp']) ||
  text(event['eventTime']) ||
  text(event['firstTimestamp']);

/** Fields that are printed even when they are empty, by form. */
function defaultEvent(event: KubeObject): void {
  if (event.apiVersion !== 'v1') {
    fillIn(event, { eventTime: null, deprecatedFirstTimestamp: null, deprecatedLastTimestamp: null });
    return;
  }
  fillIn(event, {
    eventTime: null,
    firstTimestamp: null,
    lastTimestamp: null,
    reportingComponent: '',
    reportingInstance: '',
  });
}

export const EVENT: KindRules = {
  // After the fields have found their owners: what is printed empty is nobody's.
  prepareCreate: defaultEvent,
  prepareUpdate: defaultEvent,
  validate: (event) => {
    const { namespace } = event.metadata;
    const of = reference(event, 'namespace');
    if (event.apiVersion !== 'v1') return [];
    const matches = of === namespace || (of === '' && namespace === 'default');
    return matches ? [] : [fieldError.invalid('involvedObject.namespace', of, 'does not match event.namespace')];
  },
  selectable: (event) => ({
    ...Object.fromEntries(
      ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].map((field) => [
        `involvedObject.${field}`,
        reference(event, field),
      ]),
    ),
    reason: text(event['reason']),
    reportingComponent: text(event['reportingComponent']),
    source: text(at(event, 'source', 'component')) || text(event['reportingComponent']),
    type: text(event['type']),
  }),
  columns: [
    { name: 'Last Seen', type: 'string', cell: (event, now) => age(lastSeen(event) || undefined, now) },
    { name: 'Type', type: 'string', cell: (event) => event['type'] },
    { name: 'Reason', type: 'string', cell: (event) => event['reason'] },
    {
      name: 'Object',
      type: 'string',
      cell: (event) => `${reference(event, 'kind').toLowerCase()}/${reference(event, 'name')}`,
    },
    { name: 'Subobject', type: 'string', priority: 1, cell: (event) => reference(event, 'fieldPath') },
    {
      name: 'Source',
      type: 'string',
      priority: 1,
      cell: (event) => text(at(event, 'source', 'component')) || event['reportingComponent'],
    },
    { name: 'Message', type: 'string', cell: (event) => text(event['message']).trim() },
    {
      name: 'First Seen',
      type: 'string',
      priority: 1,
      cell: (event, now) => age(text(event['firstTimestamp'] || event['eventTime']) || undefined, now),
    },
    { name: 'Count', type: 'string', priority: 1, cell: (event) => `${event['count'] ?? 1}` },
    { name: 'Name', type: 'string', format: 'name', priority: 1, cell: ({ metadata }) => metadata.name },
  ],
};

const nodeReady = ({ spec, status }: KubeObject): string => {
  const ready = records(status?.['conditions']).find(({ type }) => type === 'Ready');
  const text = ready === undefined ? 'Unknown' : ready['status'] === 'True' ? 'Ready' : 'NotReady';
  return spec?.['unschedulable'] === true ? `${text},SchedulingDisabled` : text;
};

export const NODE: KindRules = {
  selectable: ({ spec }) => ({ 'spec.unschedulable': `${spec?.['unschedulable'] === true}` }),
  columns: [
    { name: 'Status', type: 'string', cell: nodeReady },
    { name: 'Roles', type: 'string', cell: () => '<none>' },
    { name: 'Age', type: 'string', cell: ({ metadata }, now) => age(metadata.creationTimestamp, now) },
    { name: 'Version', type: 'string', cell: ({ status }) => at(status, 'nodeInfo', 'kubeletVersion') },
  ],
};
