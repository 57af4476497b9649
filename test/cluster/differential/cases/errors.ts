import { type DifferentialCase, MERGE_PATCH, NS } from '../case.ts';
import { configMap, container, deployment, job, pod, service } from './fixtures.ts';

const MAPS = `${NS}/configmaps`;
const bad = (call: string, body: unknown): DifferentialCase['steps'][number] => ({ call, body });

/** What is refused, and in which words. */
export const ERROR_CASES: DifferentialCase[] = [
  {
    name: 'what is not there',
    steps: [
      { call: `GET ${MAPS}/absent` },
      { call: `GET /api/v1/namespaces/absent-{id}/configmaps/x` },
      { call: `GET /api/v1/namespaces/absent-{id}` },
      { call: `POST /api/v1/namespaces/absent-{id}/configmaps`, body: configMap('a') },
      { call: `GET ${NS}/nonsense` },
      { call: `GET ${NS}/nonsense/a` },
      { call: `GET /apis/nonsense.example/v1/things` },
      { call: `GET /apis/apps/v9/deployments` },
      { call: `PUT ${MAPS}/absent`, body: configMap('absent') },
      { call: `PATCH ${MAPS}/absent`, body: {}, type: MERGE_PATCH },
      { call: `GET /apis/apps/v1/namespaces/{ns}/deployments/absent` },
      { call: `GET /apis/apps/v1/namespaces/{ns}/deployments/absent/scale` },
      { call: `GET ${NS}/pods/absent/log` },
    ],
  },
  {
    name: 'methods that a resource does not have',
    steps: [
      { call: `PUT ${MAPS}`, body: configMap('a') },
      { call: `POST ${MAPS}/a`, body: configMap('a') },
      { call: `DELETE /api/v1/namespaces` },
      { call: `GET /apis/authorization.k8s.io/v1/selfsubjectaccessreviews` },
    ],
  },
  {
    name: 'bodies that are no object of the kind',
    steps: [
      bad(`POST ${MAPS}`, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' } }),
      bad(`POST ${MAPS}`, { apiVersion: 'v2', kind: 'ConfigMap', metadata: { name: 'a' } }),
      bad(`POST ${MAPS}`, { ...configMap('a'), data: { a: 1 } }),
      bad(`POST ${MAPS}`, { ...configMap('a'), data: ['a'] }),
      bad(`POST ${NS}/pods`, { ...pod('a'), spec: 'none' }),
      bad(`POST ${NS}/pods`, pod('a', { containers: 'none' })),
      bad(`POST ${MAPS}`, configMap('a', {}, { namespace: 'other' })),
      { call: `POST ${MAPS}`, body: 'a: 1', type: 'text/plain' },
      { call: `PATCH ${MAPS}/absent`, body: {}, type: 'application/json' },
    ],
  },
  {
    name: 'names that are taken or wrong',
    steps: [
      bad(`POST ${MAPS}`, configMap('a')),
      bad(`POST ${MAPS}`, configMap('a')),
      bad(`POST ${MAPS}`, configMap('Not_A_Name')),
      bad(`POST ${MAPS}`, configMap('a'.repeat(254))),
      bad(`POST ${NS}/services`, service('1a')),
      bad(`POST /api/v1/namespaces`, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a.b-{id}' } }),
      bad(`PUT ${MAPS}/a`, configMap('b')),
      bad(`POST /apis/apps/v1/namespaces/{ns}/deployments`, { ...deployment('a'), metadata: { name: 'A' } }),
    ],
  },
  {
    name: 'labels and annotations that are wrong',
    steps: [
      bad(`POST ${MAPS}`, configMap('a', {}, { labels: { 'no good': 'a' } })),
      bad(`POST ${MAPS}`, configMap('a', {}, { labels: { good: 'no good' } })),
      bad(`POST ${MAPS}`, configMap('a', {}, { labels: { a: 'x'.repeat(64) } })),
      bad(`POST ${MAPS}`, configMap('a', {}, { labels: { 'a/b/c': 'd' } })),
      bad(`POST ${MAPS}`, configMap('a', {}, { labels: { ['x'.repeat(64)]: 'd' } })),
      bad(`POST ${MAPS}`, configMap('a', {}, { annotations: { 'no good': 'a' } })),
      bad(`POST ${MAPS}`, configMap('a', {}, { finalizers: ['no good'] })),
      bad(
        `POST ${MAPS}`,
        configMap('a', {}, { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'a', uid: '' }] }),
      ),
    ],
  },
  {
    name: 'pods that are wrong',
    steps: [
      bad(`POST ${NS}/pods`, pod('a', { containers: [] })),
      bad(`POST ${NS}/pods`, pod('a', { containers: [{ name: 'a' }] })),
      bad(`POST ${NS}/pods`, pod('a', { containers: [{ image: 'a' }] })),
      bad(`POST ${NS}/pods`, pod('a', { containers: [container(), container()] })),
      bad(`POST ${NS}/pods`, pod('a', { restartPolicy: 'Sometimes' })),
      bad(
        `POST ${NS}/pods`,
        pod('a', { containers: [container({ volumeMounts: [{ name: 'none', mountPath: '/a' }] })] }),
      ),
      bad(`POST ${NS}/pods`, pod('a', { containers: [container({ ports: [{ containerPort: 99999 }] })] })),
      bad(`POST ${NS}/pods`, pod('a', { containers: [container({ env: [{ name: 'A=B', value: '1' }] })] })),
      bad(`POST ${NS}/pods`, pod('a', { containers: [container({ imagePullPolicy: 'Maybe' })] })),
      bad(`POST ${NS}/pods`, pod('a', { serviceAccountName: 'absent' })),
      bad(`POST ${NS}/pods`, pod('a', { priorityClassName: 'absent' })),
      bad(`POST ${NS}/pods`, pod('a', { runtimeClassName: 'absent' })),
      bad(`POST ${NS}/pods`, pod('a', { containers: [container({ resources: { limits: { cpu: 'lots' } } })] })),
      bad(`POST ${NS}/pods`, pod('a', { volumes: [{ name: 'v' }, { name: 'v' }] })),
    ],
  },
  {
    name: 'workloads that are wrong',
    steps: [
      bad(`POST /apis/batch/v1/namespaces/{ns}/jobs`, job('a', { backoffLimit: -1 })),
      bad(`POST /apis/batch/v1/namespaces/{ns}/jobs`, job('a', {}, { restartPolicy: 'Always' })),
      bad(`POST /apis/batch/v1/namespaces/{ns}/jobs`, job('a', {}, { containers: [] })),
      bad(`POST /apis/batch/v1/namespaces/{ns}/jobs`, job('a', { selector: { matchLabels: { a: 'b' } } })),
      bad(
        `POST /apis/apps/v1/namespaces/{ns}/deployments`,
        deployment('a', { selector: { matchLabels: { app: 'b' } } }),
      ),
      bad(`POST /apis/apps/v1/namespaces/{ns}/deployments`, deployment('a', { replicas: -1 })),
      bad(`POST /apis/apps/v1/namespaces/{ns}/deployments`, deployment('a', { selector: undefined })),
    ],
  },
  {
    name: 'configuration and secrets that are wrong',
    steps: [
      bad(`POST ${MAPS}`, configMap('a', { 'no good': 'a' })),
      bad(`POST ${NS}/secrets`, {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'a' },
        data: { a: 'not base64!' },
      }),
      bad(`POST ${NS}/secrets`, {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'a' },
        stringData: { 'no good': 'a' },
      }),
      bad(`POST ${NS}/services`, service('a', { ports: [] })),
      bad(`POST ${NS}/services`, service('a', { ports: [{ port: 0 }] })),
      bad(`POST ${NS}/services`, service('a', { ports: [{ port: 80 }, { port: 81 }] })),
      bad(`POST ${NS}/services`, service('a', { type: 'Other' })),
    ],
  },
];
