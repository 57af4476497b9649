import { type DifferentialCase, MERGE_PATCH, NS } from '../case.ts';
import { configMap, pod, service } from './fixtures.ts';

const MAPS = `${NS}/configmaps`;
const clear = { call: `PATCH ${MAPS}/a`, type: MERGE_PATCH, body: { metadata: { finalizers: null } } };
const options = (more: Record<string, unknown>) => ({ kind: 'DeleteOptions', apiVersion: 'v1', ...more });

/** Finalizers, grace, preconditions and propagation. */
export const DELETE_CASES: DifferentialCase[] = [
  {
    name: 'a finalizer holds an object',
    steps: [
      { call: `POST ${MAPS}`, body: configMap('a', {}, { finalizers: ['example.com/a'] }) },
      { call: `DELETE ${MAPS}/a` },
      { call: `DELETE ${MAPS}/a` },
      { call: `PATCH ${MAPS}/a`, type: MERGE_PATCH, body: { data: { still: 'there' } } },
      {
        call: `PATCH ${MAPS}/a`,
        type: MERGE_PATCH,
        body: { metadata: { finalizers: ['example.com/a', 'example.com/new'] } },
      },
      { call: `PATCH ${MAPS}/a`, type: MERGE_PATCH, body: { metadata: { deletionTimestamp: null } } },
      clear,
      { call: `GET ${MAPS}/a` },
    ],
  },
  {
    name: 'preconditions of a deletion',
    steps: [
      { call: `POST ${MAPS}`, body: configMap('a'), save: { uid: 'metadata.uid', rv: 'metadata.resourceVersion' } },
      { call: `DELETE ${MAPS}/a`, body: options({ preconditions: { uid: 'other' } }) },
      { call: `DELETE ${MAPS}/a`, body: options({ preconditions: { resourceVersion: '1' } }) },
      { call: `DELETE ${MAPS}/a`, body: options({ propagationPolicy: 'Sideways' }) },
      { call: `DELETE ${MAPS}/a`, body: options({ preconditions: { uid: '{uid}', resourceVersion: '{rv}' } }) },
    ],
  },
  {
    name: 'orphans and dry runs',
    steps: [
      { call: `POST ${MAPS}`, body: configMap('a') },
      { call: `DELETE ${MAPS}/a?propagationPolicy=Orphan&dryRun=All` },
      { call: `DELETE ${MAPS}/a?propagationPolicy=Foreground&dryRun=All` },
      { call: `DELETE ${MAPS}/a`, body: options({ propagationPolicy: 'Background' }) },
    ],
  },
  {
    name: 'a pod on a node goes with grace',
    steps: [
      {
        call: `POST ${NS}/pods`,
        body: pod('a', { nodeName: 'nowhere', terminationGracePeriodSeconds: 60 }, { finalizers: ['example.com/a'] }),
        silent: true,
      },
      { call: `DELETE ${NS}/pods/a` },
      { call: `DELETE ${NS}/pods/a?gracePeriodSeconds=5` },
      { call: `DELETE ${NS}/pods/a?gracePeriodSeconds=0` },
      { call: `PATCH ${NS}/pods/a`, type: MERGE_PATCH, body: { metadata: { finalizers: null } }, silent: true },
      { call: `GET ${NS}/pods/a`, until: 404 },
      { call: `POST ${NS}/pods`, body: pod('b'), silent: true },
      { call: `DELETE ${NS}/pods/b` },
      { call: `GET ${NS}/pods/b` },
    ],
  },
  {
    name: 'a collection is deleted',
    steps: [
      { call: `POST ${MAPS}`, body: configMap('a', {}, { labels: { go: 'yes' } }), silent: true },
      { call: `POST ${MAPS}`, body: configMap('b', {}, { labels: { go: 'no' } }), silent: true },
      { call: `DELETE ${MAPS}?labelSelector=go=yes` },
      { call: `GET ${MAPS}?labelSelector=go` },
    ],
  },
  {
    name: 'what deletion answers, by kind',
    steps: [
      { call: `POST ${NS}/services`, body: service('a'), silent: true },
      { call: `DELETE ${NS}/services/a` },
      { call: `POST ${NS}/secrets`, body: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' } }, silent: true },
      { call: `DELETE ${NS}/secrets/a` },
      {
        call: `POST ${NS}/serviceaccounts`,
        body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'a' } },
      },
      { call: `DELETE ${NS}/serviceaccounts/a` },
      { call: 'DELETE /api/v1/namespaces/default' },
    ],
  },
];
