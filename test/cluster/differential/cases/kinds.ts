import { type DifferentialCase, MERGE_PATCH, NS } from '../case.ts';
import { configMap, container, deployment, job, pod, service } from './fixtures.ts';

const JOBS = '/apis/batch/v1/namespaces/{ns}/jobs';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/{ns}/deployments';
const create = (path: string, body: unknown) => ({ call: `POST ${path}?dryRun=All`, body });
const meta = (apiVersion: string, kind: string, more: Record<string, unknown> = {}) => ({
  apiVersion,
  kind,
  metadata: { name: 'a' },
  ...more,
});

/** Defaults and rules of the built-in kinds. Dry runs, so that no controller comes between. */
export const KIND_CASES: DifferentialCase[] = [
  {
    name: 'pods get their defaults',
    steps: [
      create(`${NS}/pods`, pod('a')),
      create(
        `${NS}/pods`,
        pod('a', {
          automountServiceAccountToken: false,
          hostNetwork: false,
          restartPolicy: 'Never',
          terminationGracePeriodSeconds: 0,
        }),
      ),
      create(
        `${NS}/pods`,
        pod('a', {
          containers: [
            container({ image: 'a:latest' }),
            { name: 'b', image: 'b@sha256:abc' },
            { name: 'c', image: 'localhost:5000/c' },
          ],
        }),
      ),
      create(
        `${NS}/pods`,
        pod('a', {
          automountServiceAccountToken: false,
          volumes: [
            { name: 's', secret: { secretName: 's' } },
            { name: 'c', configMap: { name: 'c' } },
            { name: 'e' },
            { name: 'h', hostPath: { path: '/x' } },
            {
              name: 'p',
              projected: {
                sources: [
                  { serviceAccountToken: { path: 't', audience: 'x' } },
                  { downwardAPI: { items: [{ path: 'n', fieldRef: { fieldPath: 'metadata.name' } }] } },
                ],
              },
            },
          ],
        }),
      ),
      create(
        `${NS}/pods`,
        pod('a', {
          containers: [
            container({
              livenessProbe: { httpGet: { port: 80 } },
              readinessProbe: { exec: { command: ['a'] } },
              startupProbe: { tcpSocket: { port: 'x' } },
              ports: [{ containerPort: 80, name: 'x' }],
            }),
          ],
        }),
      ),
      create(
        `${NS}/pods`,
        pod('a', { containers: [container({ resources: { limits: { cpu: '1', memory: '1Gi' } } })] }),
      ),
      create(
        `${NS}/pods`,
        pod('a', {
          containers: [
            container({
              resources: { requests: { cpu: '100m' } },
              env: [
                { name: 'A', value: '' },
                { name: 'N', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
              ],
            }),
          ],
          initContainers: [{ name: 'i', image: 'i', restartPolicy: 'Always' }],
        }),
      ),
      create(
        `${NS}/pods`,
        pod('a', {
          containers: [
            container({
              securityContext: { runAsNonRoot: true, capabilities: { drop: ['ALL'] } },
              stdin: false,
              tty: true,
              lifecycle: { preStop: { exec: { command: ['x'] } } },
            }),
          ],
          securityContext: { fsGroup: 1 },
        }),
      ),
    ],
  },
  {
    name: 'pods change only where they may',
    steps: [
      { call: `POST ${NS}/pods`, body: pod('a'), silent: true },
      { call: `PATCH ${NS}/pods/a?dryRun=All`, type: MERGE_PATCH, body: { spec: { hostname: 'other' } }, silent: true },
      { call: `PATCH ${NS}/pods/a?dryRun=All`, type: MERGE_PATCH, body: { metadata: { labels: { a: 'b' } } } },
      { call: `PATCH ${NS}/pods/a?dryRun=All`, type: MERGE_PATCH, body: { status: { phase: 'Running' } } },
      {
        call: `PATCH ${NS}/pods/a/status`,
        type: MERGE_PATCH,
        body: { status: { phase: 'Running', podIP: '10.1.1.1' }, spec: { hostname: 'other' } },
      },
      { call: `GET ${NS}/pods/a/status` },
    ],
  },
  {
    name: 'jobs get defaults, a selector and labels',
    steps: [
      { call: `POST ${JOBS}`, body: job('a') },
      { call: `PATCH ${JOBS}/a?dryRun=All`, type: MERGE_PATCH, body: { spec: { parallelism: 2 } } },
      { call: `PATCH ${JOBS}/a?dryRun=All`, type: MERGE_PATCH, body: { spec: { completions: 2 } }, silent: true },
      {
        call: `PATCH ${JOBS}/a?dryRun=All`,
        type: MERGE_PATCH,
        body: { spec: { selector: { matchLabels: { a: 'b' } } } },
        silent: true,
      },
      create(
        JOBS,
        job('b', {
          backoffLimit: 0,
          ttlSecondsAfterFinished: 0,
          activeDeadlineSeconds: 5,
          completions: 3,
          parallelism: 2,
          completionMode: 'Indexed',
        }),
      ),
      create(
        JOBS,
        job('b', {
          suspend: undefined,
          manualSelector: true,
          selector: { matchLabels: { x: 'y' } },
          template: {
            metadata: { labels: { x: 'y' } },
            spec: { restartPolicy: 'OnFailure', containers: [container()] },
          },
        }),
      ),
      create(
        JOBS,
        job('b', {
          podFailurePolicy: { rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } }] },
        }),
      ),
    ],
  },
  {
    name: 'deployments, and their scale',
    steps: [
      create(DEPLOYMENTS, deployment('a')),
      create(
        DEPLOYMENTS,
        deployment('a', { replicas: 0, strategy: { type: 'Recreate' }, minReadySeconds: 0, paused: false }),
      ),
      { call: `POST ${DEPLOYMENTS}`, body: deployment('a', { replicas: 0, paused: true }), silent: true },
      { call: `GET ${DEPLOYMENTS}/a/scale` },
      { call: `PATCH ${DEPLOYMENTS}/a/scale?dryRun=All`, type: MERGE_PATCH, body: { spec: { replicas: 3 } } },
      { call: `PATCH ${DEPLOYMENTS}/a/scale?dryRun=All`, type: MERGE_PATCH, body: { spec: { replicas: -3 } } },
      {
        call: `PATCH ${DEPLOYMENTS}/a?dryRun=All`,
        type: MERGE_PATCH,
        body: { spec: { selector: { matchLabels: { app: 'b' } } } },
      },
      create('/apis/apps/v1/namespaces/{ns}/daemonsets', { ...deployment('a'), kind: 'DaemonSet' }),
      create('/apis/apps/v1/namespaces/{ns}/replicasets', { ...deployment('a', { replicas: 0 }), kind: 'ReplicaSet' }),
      create('/apis/apps/v1/namespaces/{ns}/statefulsets', {
        ...deployment('a', { serviceName: 'a' }),
        kind: 'StatefulSet',
      }),
      create(
        '/apis/batch/v1/namespaces/{ns}/cronjobs',
        meta('batch/v1', 'CronJob', { spec: { schedule: '* * * * *', jobTemplate: { spec: job('x')['spec'] } } }),
      ),
    ],
  },
  {
    name: 'services get an address',
    steps: [
      { call: `POST ${NS}/services`, body: service('a') },
      {
        call: `PATCH ${NS}/services/a?dryRun=All`,
        type: MERGE_PATCH,
        body: { spec: { ports: [{ port: 81, name: 'x' }] } },
      },
      create(`${NS}/services`, service('b', { clusterIP: 'None' })),
      create(
        `${NS}/services`,
        service('b', { type: 'NodePort', ports: [{ port: 80, targetPort: 'http', protocol: 'UDP' }] }),
      ),
      create(`${NS}/services`, service('b', { type: 'ExternalName', externalName: 'x.example', ports: undefined })),
      create(`${NS}/services`, service('b', { publishNotReadyAddresses: true, sessionAffinity: 'ClientIP' })),
    ],
  },
  {
    name: 'secrets and immutable configuration',
    steps: [
      { call: `POST ${NS}/secrets`, body: meta('v1', 'Secret', { stringData: { a: 'text' }, data: { b: 'Yg==' } }) },
      { call: `PATCH ${NS}/secrets/a`, type: MERGE_PATCH, body: { stringData: { b: 'other' } } },
      { call: `PATCH ${NS}/secrets/a`, type: MERGE_PATCH, body: { type: 'example.com/other' } },
      { call: `POST ${NS}/configmaps`, body: { ...configMap('a'), immutable: true } },
      { call: `PATCH ${NS}/configmaps/a`, type: MERGE_PATCH, body: { data: { a: '2' } } },
      { call: `PATCH ${NS}/configmaps/a`, type: MERGE_PATCH, body: { immutable: false } },
      { call: `PATCH ${NS}/configmaps/a`, type: MERGE_PATCH, body: { metadata: { labels: { fine: 'yes' } } } },
      create(`${NS}/configmaps`, { ...configMap('b'), binaryData: { x: 'eA==' } }),
    ],
  },
  {
    name: 'namespaces',
    steps: [
      {
        call: 'POST /api/v1/namespaces?dryRun=All',
        body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other-{id}', labels: { a: 'b' } } },
      },
      { call: 'GET /api/v1/namespaces/{ns}' },
      { call: 'PATCH /api/v1/namespaces/{ns}', type: MERGE_PATCH, body: { metadata: { labels: { team: 'x' } } } },
      { call: 'GET /api/v1/namespaces?fieldSelector=metadata.name={ns}' },
    ],
  },
  {
    name: 'leases, claims, policies and budgets',
    steps: [
      {
        call: 'POST /apis/coordination.k8s.io/v1/namespaces/{ns}/leases',
        body: meta('coordination.k8s.io/v1', 'Lease', {
          spec: { holderIdentity: 'me', leaseDurationSeconds: 15, renewTime: '2026-01-02T03:04:05.678901Z' },
        }),
      },
      create(
        '/apis/coordination.k8s.io/v1/namespaces/{ns}/leases',
        meta('coordination.k8s.io/v1', 'Lease', { spec: { leaseDurationSeconds: 0 } }),
      ),
      create(
        `${NS}/persistentvolumeclaims`,
        meta('v1', 'PersistentVolumeClaim', {
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
        }),
      ),
      create(
        `${NS}/persistentvolumeclaims`,
        meta('v1', 'PersistentVolumeClaim', { spec: { resources: { requests: { storage: '1Gi' } } } }),
      ),
      create(
        '/apis/networking.k8s.io/v1/namespaces/{ns}/networkpolicies',
        meta('networking.k8s.io/v1', 'NetworkPolicy', {
          spec: {
            podSelector: {},
            ingress: [{ from: [{ podSelector: { matchLabels: { a: 'b' } } }], ports: [{ port: 80 }] }],
          },
        }),
      ),
      create(
        '/apis/networking.k8s.io/v1/namespaces/{ns}/networkpolicies',
        meta('networking.k8s.io/v1', 'NetworkPolicy', {
          spec: { podSelector: { matchLabels: { a: 'b' } }, policyTypes: ['Egress'], egress: [] },
        }),
      ),
      create(
        '/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets',
        meta('policy/v1', 'PodDisruptionBudget', { spec: { minAvailable: 1, selector: { matchLabels: { a: 'b' } } } }),
      ),
      create(
        '/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices',
        meta('discovery.k8s.io/v1', 'EndpointSlice', {
          addressType: 'IPv4',
          endpoints: [{ addresses: ['10.1.2.3'] }],
          ports: [{ port: 80, name: 'x' }],
        }),
      ),
      create('/apis/storage.k8s.io/v1/storageclasses', {
        ...meta('storage.k8s.io/v1', 'StorageClass', { provisioner: 'example.com/x' }),
        metadata: { name: 'class-{id}' },
      }),
    ],
  },
  {
    name: 'events in both forms',
    steps: [
      {
        call: `POST ${NS}/events`,
        body: meta('v1', 'Event', {
          involvedObject: { kind: 'Pod', name: 'p', namespace: '{ns}' },
          reason: 'Tested',
          message: 'It was.',
          type: 'Normal',
          source: { component: 'test' },
          firstTimestamp: '2026-01-02T03:04:05Z',
          lastTimestamp: '2026-01-02T03:04:05Z',
          count: 1,
        }),
      },
      { call: 'GET /apis/events.k8s.io/v1/namespaces/{ns}/events/a' },
      {
        call: 'POST /apis/events.k8s.io/v1/namespaces/{ns}/events',
        body: {
          ...meta('events.k8s.io/v1', 'Event', {
            regarding: { kind: 'Pod', name: 'q', namespace: '{ns}' },
            reason: 'Tested',
            action: 'Testing',
            note: 'Again.',
            type: 'Warning',
            reportingController: 'example.com/test',
            reportingInstance: 'test-0',
            eventTime: '2026-01-02T03:04:05.000001Z',
          }),
          metadata: { name: 'b' },
        },
      },
      { call: `GET ${NS}/events/b` },
      { call: `GET ${NS}/events?fieldSelector=involvedObject.name=q` },
      create(`${NS}/events`, meta('v1', 'Event', { involvedObject: { kind: 'Pod', name: 'p', namespace: 'other' } })),
    ],
  },
];
