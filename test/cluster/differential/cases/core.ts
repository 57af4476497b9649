import { type DifferentialCase, NS, PARTIAL, PARTIAL_LIST, TABLE } from '../case.ts';
import { configMap, pod } from './fixtures.ts';

const MAPS = `${NS}/configmaps`;

/** Create, read, replace, and what comes with every object. */
export const CORE_CASES: DifferentialCase[] = [
  {
    name: 'a ConfigMap is created, read, replaced and deleted',
    steps: [
      { call: `POST ${MAPS}`, body: configMap('a'), save: { rv: 'metadata.resourceVersion' } },
      { call: `GET ${MAPS}/a` },
      { call: `PUT ${MAPS}/a`, body: configMap('a', { a: '2' }) },
      { call: `PUT ${MAPS}/a`, body: configMap('a', { a: '3' }, { resourceVersion: '{rv}' }) },
      { call: `DELETE ${MAPS}/a` },
      { call: `GET ${MAPS}/a` },
      { call: `DELETE ${MAPS}/a` },
    ],
  },
  {
    name: 'a write that changes nothing keeps the version',
    steps: [
      { call: `POST ${MAPS}`, body: configMap('a'), save: { rv: 'metadata.resourceVersion' } },
      {
        call: `PUT ${MAPS}/a`,
        body: configMap('a', undefined, { resourceVersion: '{rv}' }),
        save: { after: 'metadata.resourceVersion' },
      },
      { call: `PUT ${MAPS}/a`, body: configMap('a', { b: '1' }, { resourceVersion: '{rv}' }), silent: false },
      { call: `PUT ${MAPS}/a`, body: configMap('a', { c: '1' }, { resourceVersion: '{after}' }) },
    ],
  },
  {
    name: 'a name is generated',
    steps: [
      { call: `POST ${MAPS}`, body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'generated-' } } },
      { call: `POST ${MAPS}`, body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: {} } },
      { call: `POST ${MAPS}`, body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'Bad_' } } },
    ],
  },
  {
    name: 'system fields that a client sends are not taken',
    steps: [
      {
        call: `POST ${MAPS}`,
        body: configMap(
          'a',
          {},
          {
            uid: 'mine',
            creationTimestamp: '2001-01-01T00:00:00Z',
            generation: 7,
            deletionTimestamp: '2001-01-01T00:00:00Z',
          },
        ),
      },
      { call: `POST ${MAPS}`, body: configMap('b', {}, { resourceVersion: '5' }) },
      { call: `PUT ${MAPS}/a`, body: configMap('a', {}, { uid: 'other' }) },
    ],
  },
  {
    name: 'a dry run leaves nothing behind',
    steps: [
      { call: `POST ${MAPS}?dryRun=All`, body: configMap('a') },
      { call: `GET ${MAPS}/a` },
      { call: `POST ${MAPS}`, body: configMap('a') },
      { call: `PUT ${MAPS}/a?dryRun=All`, body: configMap('a', { a: '2' }) },
      { call: `DELETE ${MAPS}/a?dryRun=All` },
      { call: `GET ${MAPS}/a` },
      { call: `POST ${MAPS}?dryRun=Some`, body: configMap('b') },
    ],
  },
  {
    name: 'objects are shown as tables and as metadata',
    steps: [
      { call: `POST ${MAPS}`, body: configMap('a', undefined, { labels: { show: 'me' } }) },
      { call: `GET ${MAPS}/a`, headers: PARTIAL },
      { call: `GET ${MAPS}?labelSelector=show=me`, headers: PARTIAL_LIST },
      { call: `GET ${MAPS}?labelSelector=show=me`, headers: TABLE },
      { call: `GET ${MAPS}?labelSelector=show=me&includeObject=None`, headers: TABLE },
      { call: `GET ${MAPS}/a`, headers: { accept: 'application/json;as=Table;v=v9;g=meta.k8s.io' } },
      { call: `GET ${MAPS}/a`, headers: { accept: 'text/html' } },
    ],
  },
  {
    name: 'unknown fields are ignored, warned of or refused',
    steps: [
      { call: `POST ${MAPS}?fieldValidation=Ignore`, body: { ...configMap('a'), nonsense: 1 } },
      { call: `POST ${MAPS}?fieldValidation=Warn`, body: { ...configMap('b'), nonsense: 1 } },
      { call: `POST ${MAPS}`, body: configMap('c', {}, { nonsense: 1 }) },
      { call: `POST ${MAPS}?fieldValidation=Strict`, body: { ...configMap('d'), nonsense: 1 } },
      {
        call: `POST ${NS}/pods?fieldValidation=Strict&dryRun=All`,
        body: pod('p', { nonsense: 1, containers: [{ name: 'a', image: 'a', more: {} }] }),
      },
      { call: `POST ${MAPS}?fieldValidation=Sometimes`, body: configMap('e') },
    ],
  },
  {
    name: 'owner references, labels and annotations are kept',
    steps: [
      { call: `POST ${MAPS}`, body: configMap('owner'), save: { uid: 'metadata.uid' } },
      {
        call: `POST ${MAPS}`,
        body: configMap(
          'owned',
          {},
          {
            labels: { 'a.example/b': 'c' },
            annotations: { note: 'any text' },
            ownerReferences: [
              {
                apiVersion: 'v1',
                kind: 'ConfigMap',
                name: 'owner',
                uid: '{uid}',
                controller: true,
                blockOwnerDeletion: true,
              },
            ],
          },
        ),
      },
      { call: `GET ${MAPS}/owned` },
    ],
  },
];
