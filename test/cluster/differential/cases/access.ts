import type { DifferentialCase, Step } from '../case.ts';
import { NS } from '../case.ts';
import { configMap } from './fixtures.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const as = (user: string, ...groups: string[]): Record<string, string> => ({
  'impersonate-user': user,
  ...(groups.length > 0 ? { 'impersonate-group': groups.join(',') } : {}),
});
const ROBOT = 'system:serviceaccount:{ns}:robot';
const meta = (apiVersion: string, kind: string, name: string, more: Record<string, unknown>) => ({
  apiVersion,
  kind,
  metadata: { name },
  ...more,
});
const role = (name: string, rules: unknown[]) => meta('rbac.authorization.k8s.io/v1', 'Role', name, { rules });
const bind = (name: string, roleName: string, kind = 'Role'): Record<string, unknown> =>
  meta('rbac.authorization.k8s.io/v1', 'RoleBinding', name, {
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: roleName },
    subjects: [
      { kind: 'ServiceAccount', name: 'robot', namespace: '{ns}' },
      { kind: 'User', name: 'someone-{id}' },
    ],
  });
const setUp: Step[] = [
  { call: `POST ${NS}/serviceaccounts`, body: meta('v1', 'ServiceAccount', 'robot', {}), silent: true },
  { call: `POST ${NS}/configmaps`, body: configMap('a'), silent: true },
  { call: `POST ${NS}/configmaps`, body: configMap('b'), silent: true },
];
const SAR = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
const review = (spec: unknown) => ({
  call: `POST ${SAR}`,
  body: { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec },
});

/** Roles, tokens and reviews. */
export const ACCESS_CASES: DifferentialCase[] = [
  {
    name: 'someone without a role is refused',
    steps: [
      ...setUp,
      { call: `GET ${NS}/configmaps/a`, headers: as(ROBOT) },
      { call: `GET ${NS}/configmaps`, headers: as('nobody-{id}') },
      { call: 'GET /api/v1/configmaps', headers: as('nobody-{id}') },
      { call: 'GET /api/v1/nodes', headers: as('nobody-{id}') },
      { call: `POST ${NS}/configmaps`, body: configMap('c'), headers: as(ROBOT) },
      { call: `GET /apis/apps/v1/namespaces/{ns}/deployments/x/scale`, headers: as(ROBOT) },
      { call: `GET ${NS}/pods/x/log`, headers: as(ROBOT) },
      { call: `DELETE ${NS}/configmaps`, headers: as(ROBOT) },
      { call: 'GET /api', headers: as(ROBOT), silent: true },
      { call: 'GET /nonsense', headers: as(ROBOT) },
      { call: 'GET /api/v1/namespaces/{ns}', headers: as(ROBOT) },
      { call: `GET ${NS}/configmaps?watch=true&timeoutSeconds=1`, headers: as(ROBOT) },
      { call: `GET /apis/nonsense.example/v1/things`, headers: as(ROBOT) },
    ],
  },
  {
    name: 'a role allows what it names',
    steps: [
      ...setUp,
      {
        call: `POST ${RBAC}/namespaces/{ns}/roles`,
        body: role('reader', [
          { apiGroups: [''], resources: ['configmaps'], resourceNames: ['a'], verbs: ['get', 'update'] },
        ]),
      },
      { call: `POST ${RBAC}/namespaces/{ns}/rolebindings`, body: bind('reader', 'reader') },
      { call: `GET ${NS}/configmaps/a`, headers: as(ROBOT), until: 200 },
      { call: `GET ${NS}/configmaps/b`, headers: as(ROBOT) },
      { call: `GET ${NS}/configmaps`, headers: as(ROBOT) },
      { call: `GET ${NS}/configmaps/a`, headers: as('someone-{id}') },
      review({
        user: ROBOT,
        resourceAttributes: { namespace: '{ns}', verb: 'get', resource: 'configmaps', name: 'b' },
      }),
      review({
        user: 'nobody',
        groups: ['system:masters'],
        resourceAttributes: { namespace: '{ns}', verb: 'get', resource: 'configmaps' },
      }),
      review({ user: 'nobody', nonResourceAttributes: { verb: 'get', path: '/metrics' } }),
      review({ resourceAttributes: { verb: 'get', resource: 'pods' } }),
      review({ user: 'a' }),
      {
        call: 'POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        headers: as(ROBOT),
        body: {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectAccessReview',
          spec: { resourceAttributes: { verb: 'list', resource: 'secrets', namespace: '{ns}' } },
        },
      },
      {
        call: 'POST /apis/authentication.k8s.io/v1/selfsubjectreviews',
        headers: as(ROBOT),
        body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
      },
    ],
  },
  {
    name: 'nobody grants what they do not hold',
    steps: [
      ...setUp,
      {
        call: `POST ${RBAC}/namespaces/{ns}/roles`,
        body: role('rbac', [
          { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'], verbs: ['*'] },
        ]),
        silent: true,
      },
      { call: `POST ${RBAC}/namespaces/{ns}/rolebindings`, body: bind('rbac', 'rbac'), silent: true },
      { call: `GET ${RBAC}/namespaces/{ns}/roles/rbac`, headers: as(ROBOT), until: 200, silent: true },
      {
        call: `POST ${RBAC}/namespaces/{ns}/roles`,
        body: role('more', [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }]),
        headers: as(ROBOT),
        silent: true,
      },
      {
        call: `POST ${RBAC}/namespaces/{ns}/rolebindings`,
        body: bind('more', 'absent'),
        headers: as(ROBOT),
        silent: true,
      },
    ],
  },
  {
    name: 'roles and bindings that are wrong',
    steps: [
      { call: `POST ${RBAC}/namespaces/{ns}/roles`, body: role('a', [{ apiGroups: [''], resources: ['pods'] }]) },
      { call: `POST ${RBAC}/namespaces/{ns}/roles`, body: role('a', [{ resources: ['pods'], verbs: ['get'] }]) },
      { call: `POST ${RBAC}/namespaces/{ns}/roles`, body: role('a', [{ nonResourceURLs: ['/a'], verbs: ['get'] }]) },
      { call: `POST ${RBAC}/namespaces/{ns}/roles`, body: role('empty', []) },
      { call: `POST ${RBAC}/namespaces/{ns}/rolebindings`, body: bind('a', 'b', 'Other') },
      { call: `POST ${RBAC}/namespaces/{ns}/rolebindings`, body: bind('b', 'view', 'ClusterRole') },
      { call: `PUT ${RBAC}/namespaces/{ns}/rolebindings/b`, body: bind('b', 'edit', 'ClusterRole') },
    ],
  },
  {
    name: 'tokens are requested and reviewed',
    steps: [
      ...setUp,
      {
        call: `POST ${NS}/serviceaccounts/robot/token`,
        body: {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenRequest',
          spec: { audiences: ['example'], expirationSeconds: 600 },
        },
        save: { token: 'status.token' },
      },
      {
        call: 'POST /apis/authentication.k8s.io/v1/tokenreviews',
        body: {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenReview',
          spec: { token: '{token}', audiences: ['example', 'other'] },
        },
      },
      {
        call: 'POST /apis/authentication.k8s.io/v1/tokenreviews',
        body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token: '{token}' } },
      },
      {
        call: 'POST /apis/authentication.k8s.io/v1/tokenreviews',
        body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token: 'nonsense' } },
      },
      {
        call: 'POST /apis/authentication.k8s.io/v1/tokenreviews',
        body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: {} },
      },
      {
        call: `POST ${NS}/serviceaccounts/robot/token`,
        body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 1 } },
      },
      {
        call: `POST ${NS}/serviceaccounts/absent/token`,
        body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
      },
    ],
  },
];
