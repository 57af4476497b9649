import {
  APPLY_PATCH,
  type DifferentialCase,
  JSON_PATCH,
  MERGE_PATCH,
  STRATEGIC_PATCH,
  type Step,
  TABLE,
} from '../case.ts';

const schema = {
  type: 'object',
  required: ['spec'],
  properties: {
    spec: {
      type: 'object',
      required: ['size'],
      properties: {
        size: { type: 'integer', minimum: 1, maximum: 10 },
        mode: { type: 'string', enum: ['fast', 'slow'], default: 'fast' },
        name: { type: 'string', maxLength: 10, pattern: '^[a-z]*$' },
        nested: { type: 'object', default: {}, properties: { on: { type: 'boolean', default: true } } },
        tags: { type: 'array', maxItems: 3, 'x-kubernetes-list-type': 'set', items: { type: 'string', maxLength: 20 } },
        parts: {
          type: 'array',
          maxItems: 5,
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: {
            type: 'object',
            required: ['name'],
            properties: { name: { type: 'string', maxLength: 20 }, count: { type: 'integer' } },
          },
        },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        port: { 'x-kubernetes-int-or-string': true },
        fixed: {
          type: 'string',
          maxLength: 20,
          'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'fixed is immutable' }],
        },
      },
      'x-kubernetes-validations': [{ rule: "!has(self.name) || self.name != 'bad'", message: 'bad is a bad name' }],
    },
    status: {
      type: 'object',
      properties: {
        phase: { type: 'string' },
        replicas: { type: 'integer' },
        conditions: {
          type: 'array',
          items: {
            type: 'object',
            required: ['type'],
            properties: { type: { type: 'string' }, status: { type: 'string' } },
          },
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['type'],
        },
      },
    },
  },
};

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const crd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.g{id}.example' },
  spec: {
    group: 'g{id}.example',
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget', shortNames: ['w{id}'], categories: ['all'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: schema },
        subresources: { status: {}, scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.replicas' } },
        additionalPrinterColumns: [
          { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
          { name: 'Phase', type: 'string', jsonPath: '.status.phase', description: 'Where it is.' },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
        selectableFields: [{ jsonPath: '.spec.mode' }],
      },
    ],
  },
};

const WIDGETS = '/apis/g{id}.example/v1/namespaces/{ns}/widgets';
const widget = (name: string, spec: unknown, more: Record<string, unknown> = {}) => ({
  apiVersion: 'g{id}.example/v1',
  kind: 'Widget',
  metadata: { name },
  spec,
  ...more,
});
const setUp: Step[] = [
  { call: `POST ${CRDS}`, body: crd, silent: true },
  { call: `POST ${WIDGETS}?dryRun=All`, body: widget('probe', { size: 1 }), until: 201, silent: true },
];
const tearDown: Step = { call: `DELETE ${CRDS}/widgets.g{id}.example`, silent: true };
const create = (spec: unknown, query = '?dryRun=All') => ({ call: `POST ${WIDGETS}${query}`, body: widget('a', spec) });
const merge = (body: unknown, path = '') => ({ call: `PATCH ${WIDGETS}/a${path}`, type: MERGE_PATCH, body });
const apply = (manager: string, spec: unknown, more = '') => ({
  call: `PATCH ${WIDGETS}/a?fieldManager=${manager}${more}`,
  type: APPLY_PATCH,
  body: widget('a', spec),
});

/** A CRD whose schema has these properties. */
const wrong = (properties: unknown): Step => ({
  call: `POST ${CRDS}`,
  body: {
    ...crd,
    spec: {
      ...crd.spec,
      versions: [
        { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties } } },
      ],
    },
  },
});

/** Custom resources, with a schema that uses what ours use. */
export const CUSTOM_CASES: DifferentialCase[] = [
  {
    name: 'a CRD is created, established and served',
    steps: [
      { call: `POST ${CRDS}`, body: crd },
      ...setUp.slice(1),
      { call: `GET ${CRDS}/widgets.g{id}.example` },
      { call: 'GET /apis/g{id}.example/v1' },
      { call: 'GET /apis/g{id}.example' },
      { call: `GET ${WIDGETS}` },
      { call: `GET ${WIDGETS}`, headers: TABLE },
      { call: `DELETE ${CRDS}/widgets.g{id}.example`, silent: true },
      { call: `GET ${CRDS}/widgets.g{id}.example`, until: 404 },
      { call: `GET ${WIDGETS}`, until: 404, silent: true },
    ],
  },
  {
    name: 'custom resources are pruned, defaulted and validated',
    steps: [
      ...setUp,
      create({ size: 1 }),
      create({ size: 1, nonsense: true, nested: { more: 1 }, free: { any: ['thing'] } }),
      create({ size: 1, nonsense: true }, '?dryRun=All&fieldValidation=Strict'),
      create({ size: 1, mode: null, port: 'http' }),
      create({}),
      create({ size: 11 }),
      create({ size: 'one' }),
      create({ size: 1.5 }),
      create({ size: 1, mode: 'other', name: 'UPPER' }),
      create({ size: 1, name: 'waytoolongname' }),
      create({ size: 1, name: 'bad' }),
      create({ size: 1, tags: ['a', 'a'] }),
      create({ size: 1, tags: ['a', 'b', 'c', 'd'] }),
      create({ size: 1, parts: [{ name: 'x' }, { name: 'x' }] }),
      create({ size: 1, parts: [{ count: 1 }] }),
      create({ size: 1, port: true }),
      {
        call: `POST ${WIDGETS}?dryRun=All`,
        body: { apiVersion: 'g{id}.example/v1', kind: 'Widget', metadata: { name: 'a' } },
      },
      { call: `POST ${WIDGETS}?dryRun=All`, body: { kind: 'Widget', metadata: { name: 'a' }, spec: { size: 1 } } },
      {
        call: `POST ${WIDGETS}?dryRun=All`,
        body: { apiVersion: 'g{id}.example/v1', kind: 'Gadget', metadata: { name: 'a' }, spec: { size: 1 } },
      },
      {
        call: `POST ${WIDGETS}?dryRun=All`,
        body: { apiVersion: 'g{id}.example/v1', metadata: { name: 'a' }, spec: { size: 1 } },
      },
      { call: `POST ${WIDGETS}?dryRun=All`, body: widget('Bad_Name', { size: 1 }) },
      { call: `POST ${WIDGETS}?dryRun=All`, body: widget('a', 'none') },
      tearDown,
    ],
  },
  {
    name: 'status and spec of a custom resource are written apart',
    steps: [
      ...setUp,
      {
        call: `POST ${WIDGETS}`,
        body: widget('a', { size: 1, fixed: 'x' }, { status: { phase: 'Mine' } }),
        save: { rv: 'metadata.resourceVersion' },
      },
      merge({ status: { phase: 'Ignored' } }),
      merge({ status: { phase: 'Running', nonsense: 1 }, spec: { size: 5 } }, '/status'),
      merge({ spec: { size: 2 } }),
      merge({ spec: { size: 2 } }),
      merge({ metadata: { labels: { a: 'b' } } }),
      merge({ metadata: { labels: { c: 'd' } }, status: { phase: 'Done' } }, '/status'),
      merge({ spec: { fixed: 'y' } }),
      merge({ spec: { size: 99 } }),
      merge({ status: { phase: 5 } }, '/status'),
      { call: `PUT ${WIDGETS}/a`, body: widget('a', { size: 3, fixed: 'x' }) },
      {
        call: `PUT ${WIDGETS}/a`,
        body: { ...widget('a', { size: 3, fixed: 'x' }), metadata: { name: 'a', resourceVersion: '{rv}' } },
      },
      { call: `GET ${WIDGETS}/a/status` },
      { call: `GET ${WIDGETS}/a/scale` },
      { call: `PATCH ${WIDGETS}/a/scale`, type: MERGE_PATCH, body: { spec: { replicas: 4 } } },
      { call: `GET ${WIDGETS}?fieldSelector=spec.mode=fast` },
      { call: `GET ${WIDGETS}?fieldSelector=spec.mode=slow` },
      { call: `GET ${WIDGETS}?fieldSelector=spec.size=1` },
      { call: `GET ${WIDGETS}`, headers: TABLE },
      { call: `PATCH ${WIDGETS}/a`, type: STRATEGIC_PATCH, body: {} },
      { call: `PATCH ${WIDGETS}/a`, type: JSON_PATCH, body: [{ op: 'replace', path: '/spec/size', value: 7 }] },
      { call: `DELETE ${WIDGETS}/a` },
      tearDown,
    ],
  },
  {
    name: 'custom resources are applied by several managers',
    steps: [
      ...setUp,
      apply('one', { size: 1, parts: [{ name: 'x', count: 1 }], tags: ['a'] }),
      apply('two', { parts: [{ name: 'y', count: 2 }], tags: ['b'] }),
      apply('two', { size: 2 }),
      apply('two', { parts: [{ name: 'x', count: 5 }] }, '&force=true'),
      apply('one', { size: 1 }),
      {
        call: `PATCH ${WIDGETS}/a/status?fieldManager=status`,
        type: APPLY_PATCH,
        body: {
          apiVersion: 'g{id}.example/v1',
          kind: 'Widget',
          metadata: { name: 'a' },
          status: { phase: 'Up', conditions: [{ type: 'Ready', status: 'True' }] },
        },
      },
      {
        call: `PATCH ${WIDGETS}/a/status?fieldManager=other`,
        type: APPLY_PATCH,
        body: {
          apiVersion: 'g{id}.example/v1',
          kind: 'Widget',
          metadata: { name: 'a' },
          status: { conditions: [{ type: 'Stalled', status: 'False' }] },
        },
      },
      apply('one', { size: 'x' }),
      apply('three', { size: 1, nonsense: 1 }, '&fieldValidation=Strict'),
      { call: `GET ${WIDGETS}/a` },
      {
        call: `PATCH ${WIDGETS}/none/status?fieldManager=status`,
        type: APPLY_PATCH,
        body: { apiVersion: 'g{id}.example/v1', kind: 'Widget', metadata: { name: 'none' }, status: { phase: 'Up' } },
      },
      tearDown,
    ],
  },
  {
    name: 'CRDs that are wrong',
    steps: [
      { call: `POST ${CRDS}`, body: { ...crd, metadata: { name: 'other.g{id}.example' } } },
      {
        call: `POST ${CRDS}`,
        body: { ...crd, spec: { ...crd.spec, versions: [{ name: 'v1', served: true, storage: true }] } },
      },
      {
        call: `POST ${CRDS}`,
        body: {
          ...crd,
          spec: {
            ...crd.spec,
            versions: [
              {
                name: 'v1',
                served: true,
                storage: true,
                schema: { openAPIV3Schema: { type: 'object', properties: { spec: { properties: {} } } } },
              },
            ],
          },
        },
      },
      { call: `POST ${CRDS}`, body: { ...crd, spec: { ...crd.spec, scope: 'Everywhere' } } },
      wrong({ a: { type: 'string', 'x-kubernetes-validations': [{ rule: 'self +' }] } }),
      wrong({ a: { type: 'nonsense' } }),
      wrong({ a: { type: 'array' } }),
      wrong({ a: { type: 'string', default: 1 } }),
    ],
  },
];
