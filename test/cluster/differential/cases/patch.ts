import { type DifferentialCase, JSON_PATCH, MERGE_PATCH, NS, STRATEGIC_PATCH } from '../case.ts';
import { configMap, container } from './fixtures.ts';

const MAPS = `${NS}/configmaps`;
const CRON_JOBS = '/apis/batch/v1/namespaces/{ns}/cronjobs';
const json = (body: unknown, query = '') => ({ call: `PATCH ${MAPS}/a${query}`, type: JSON_PATCH, body });
const merge = (body: unknown, query = '') => ({ call: `PATCH ${MAPS}/a${query}`, type: MERGE_PATCH, body });
const strategic = (body: unknown) => ({ call: `PATCH ${CRON_JOBS}/d?dryRun=All`, type: STRATEGIC_PATCH, body });
/** A suspended CronJob: it has a pod template, and no controller writes to it. */
const ofPod = (podSpec: Record<string, unknown>) =>
  strategic({ spec: { jobTemplate: { spec: { template: { spec: podSpec } } } } });
const cronJob = (podSpec: Record<string, unknown>) => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: 'd' },
  spec: {
    schedule: '0 0 1 1 *',
    suspend: true,
    jobTemplate: { spec: { template: { spec: { restartPolicy: 'Never', ...podSpec } } } },
  },
});

/** JSON, merge and strategic merge patches. */
export const PATCH_CASES: DifferentialCase[] = [
  {
    name: 'JSON patches',
    steps: [
      {
        call: `POST ${MAPS}`,
        body: configMap('a', { a: '1', b: '2' }, { finalizers: ['example.com/a', 'example.com/b'] }),
      },
      json([{ op: 'add', path: '/data/c', value: '3' }]),
      json([
        { op: 'test', path: '/data/c', value: '3' },
        { op: 'replace', path: '/data/c', value: '4' },
      ]),
      json([
        { op: 'test', path: '/data/c', value: '3' },
        { op: 'remove', path: '/data/c' },
      ]),
      json([{ op: 'remove', path: '/data/none' }]),
      json([{ op: 'move', from: '/data/c', path: '/data/d' }]),
      json([{ op: 'copy', from: '/data/d', path: '/data/e' }]),
      json([{ op: 'add', path: '/metadata/labels', value: { x: 'y' } }]),
      json([{ op: 'add', path: '/metadata/annotations', value: { 'example.com~1a': 'y' } }]),
      json([{ op: 'nonsense', path: '/data/c' }]),
      json({ op: 'add' }),
      json([{ op: 'replace', path: '/metadata/name', value: 'b' }]),
      json([{ op: 'add', path: '/metadata/finalizers/-', value: 'example.com/c' }]),
      json([
        { op: 'test', path: '/metadata/finalizers/0', value: 'example.com/a' },
        { op: 'remove', path: '/metadata/finalizers/0' },
      ]),
      json([{ op: 'replace', path: '/metadata/finalizers', value: [] }]),
    ],
  },
  {
    name: 'merge patches',
    steps: [
      { call: `POST ${MAPS}`, body: configMap('a', { a: '1', b: '2' }), save: { rv: 'metadata.resourceVersion' } },
      merge({ data: { a: null, c: '3' } }),
      merge({ data: { c: '3' } }),
      merge({ metadata: { resourceVersion: '{rv}' }, data: { d: '4' } }),
      merge({ metadata: { labels: { a: 'b' } } }, '?fieldManager=other'),
      merge({ metadata: { uid: 'other' } }),
      merge({ data: { n: 1 } }),
      merge({ nonsense: true }, '?fieldValidation=Strict'),
      merge({ nonsense: true }),
      merge({ kind: 'Secret' }),
      merge('[]'),
      merge('{'),
      merge({ data: null }),
      merge({}, '?force=true'),
    ],
  },
  {
    name: 'strategic merge patches',
    steps: [
      {
        call: `POST ${CRON_JOBS}`,
        body: cronJob({
          containers: [
            container({ env: [{ name: 'A', value: '1' }], ports: [{ containerPort: 80 }] }),
            { name: 'side', image: 's' },
          ],
          volumes: [{ name: 'v', emptyDir: {} }],
        }),
      },
      ofPod({ containers: [{ name: 'main', image: 'new' }] }),
      ofPod({ containers: [{ name: 'main', env: [{ name: 'B', value: '2' }] }] }),
      ofPod({ containers: [{ $patch: 'delete', name: 'side' }] }),
      ofPod({ containers: [{ $patch: 'replace' }, { name: 'only', image: 'o' }] }),
      ofPod({ containers: [{ name: 'main', ports: [{ containerPort: 80, protocol: 'UDP' }] }] }),
      ofPod({ volumes: [{ name: 'v', $retainKeys: ['name', 'configMap'], configMap: { name: 'c' } }] }),
      ofPod({ volumes: [{ name: 'w', emptyDir: {} }] }),
      ofPod({ containers: [{ image: 'nameless' }] }),
      ofPod({
        '$setElementOrder/containers': [{ name: 'side' }, { name: 'main' }],
        containers: [{ name: 'side', image: 't' }],
      }),
      ofPod({ terminationGracePeriodSeconds: 'two' }),
      ofPod({ imagePullSecrets: [{ name: 'a' }], tolerations: [{ key: 'a', operator: 'Exists' }] }),
      strategic({ metadata: { finalizers: ['example.com/a'] } }),
      strategic({ metadata: { labels: { a: 'b' }, annotations: { c: 'd' } } }),
    ],
  },
];
