import { APPLY_PATCH, type DifferentialCase, MERGE_PATCH, NS } from '../case.ts';
import { configMap, container } from './fixtures.ts';

const MAPS = `${NS}/configmaps`;
const apply = (name: string, body: unknown, query = 'fieldManager=one') => ({
  call: `PATCH ${MAPS}/${name}?${query}`,
  type: APPLY_PATCH,
  body,
});
const CRON_JOB = 'PATCH /apis/batch/v1/namespaces/{ns}/cronjobs/d';
/** A suspended CronJob: it has a pod template, and no controller writes to it. */
const cronJob = (containers: unknown[] | undefined, spec: Record<string, unknown> = {}) => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: 'd' },
  spec: {
    ...spec,
    ...(containers === undefined
      ? {}
      : { jobTemplate: { spec: { template: { spec: { containers, restartPolicy: 'Never' } } } } }),
  },
});
const WHOLE = { schedule: '0 0 1 1 *', suspend: true };
const applied = (manager: string, body: unknown) => ({
  call: `${CRON_JOB}?fieldManager=${manager}`,
  type: APPLY_PATCH,
  body,
});

/** Server-side apply: who owns what, conflicts and what is taken back. */
export const APPLY_CASES: DifferentialCase[] = [
  {
    name: 'an apply creates, changes and gives up',
    steps: [
      apply('a', configMap('a', { a: '1', b: '2' })),
      apply('a', configMap('a', { a: '1', b: '2' })),
      apply('a', configMap('a', { a: '1' })),
      apply('a', 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  y: "yaml"\n'),
      { call: `GET ${MAPS}/a` },
    ],
  },
  {
    name: 'two managers meet',
    steps: [
      apply('a', configMap('a', { a: '1', shared: 's' })),
      apply('a', configMap('a', { b: '2', shared: 's' }), 'fieldManager=two'),
      apply('a', configMap('a', { a: 'other' }), 'fieldManager=two'),
      apply('a', configMap('a', { a: 'x', shared: 'y' }), 'fieldManager=three'),
      apply('a', configMap('a', { a: 'other' }), 'fieldManager=two&force=true'),
      apply('a', configMap('a', { shared: 's' })),
      { call: `PATCH ${MAPS}/a?fieldManager=hand`, type: MERGE_PATCH, body: { data: { shared: 'edited' } } },
      apply('a', configMap('a', { shared: 's' })),
      { call: `GET ${MAPS}/a` },
    ],
  },
  {
    name: 'an apply that is wrong',
    steps: [
      { call: `PATCH ${MAPS}/a`, type: APPLY_PATCH, body: configMap('a') },
      apply('a', configMap('b')),
      apply('a', { ...configMap('a'), kind: 'Secret' }),
      apply('a', { metadata: { name: 'a' } }),
      apply('a', configMap('a', {}, { managedFields: [{ manager: 'x' }] })),
      apply('a', { ...configMap('a'), nonsense: 1 }),
      apply('a', { ...configMap('a'), nonsense: 1 }, 'fieldManager=one&fieldValidation=Strict'),
      apply('a', configMap('a', {}, { resourceVersion: '1' })),
      apply('a', 'not: [yaml'),
      apply('b', configMap('b'), 'fieldManager=one&dryRun=All'),
      { call: `GET ${MAPS}/b` },
    ],
  },
  {
    name: 'lists that merge by key',
    steps: [
      applied('one', cronJob([container({ env: [{ name: 'A', value: '1' }], ports: [{ containerPort: 80 }] })], WHOLE)),
      applied('two&dryRun=All', cronJob([{ name: 'side', image: 's' }])),
      applied('two', cronJob([container({ image: 'other' })])),
      applied('two', cronJob(undefined, { successfulJobsHistoryLimit: 1 })),
      applied('one&dryRun=All', cronJob([container({ env: [{ name: 'B', value: '2' }] })], WHOLE)),
      applied(
        'one&dryRun=All',
        cronJob([container({ ports: [{ containerPort: 80 }, { containerPort: 80, protocol: 'UDP' }] })], WHOLE),
      ),
    ],
  },
  {
    name: 'owners of finalizers and owner references',
    steps: [
      apply('a', configMap('a', {}, { finalizers: ['example.com/a'], labels: { x: 'y' } })),
      apply('a', configMap('a', {}, { finalizers: ['example.com/b'] }), 'fieldManager=two'),
      apply('a', configMap('a', {}, {})),
      apply('a', configMap('a', {}, { finalizers: [] }), 'fieldManager=two'),
    ],
  },
];
