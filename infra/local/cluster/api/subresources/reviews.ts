import type { AccessAttributes } from '../../access.ts';
import type { PolicyRule } from '../auth/rbac.ts';
import { isMaster } from '../auth/rbac.ts';
import type { ClusterState } from '../cluster-state.ts';
import type { ResourceRequest, User } from '../http/request.ts';
import { at, isRecord, rfc3339 } from '../object.ts';
import { badRequest, fieldError, invalid } from '../status.ts';
import { intake } from '../verbs/intake.ts';
import { ownUpdate } from '../verbs/ownership.ts';
import { writeContext } from '../verbs/write-context.ts';

type Review = (
  cluster: ClusterState,
  request: ResourceRequest,
  raw: Record<string, unknown>,
) => Record<string, unknown>;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];

const userInfo = ({ name, uid, groups, extra }: User): Record<string, unknown> => ({
  username: name,
  ...(uid === undefined ? {} : { uid }),
  groups: [...groups],
  ...(extra === undefined ? {} : { extra }),
});

function attributesOf(spec: Record<string, unknown>): AccessAttributes | undefined {
  const { resourceAttributes: resource, nonResourceAttributes: path } = spec;
  if (isRecord(resource)) {
    const { verb, group, resource: name, subresource, name: object, namespace } = resource;
    return {
      verb: text(verb),
      group: text(group),
      resource: text(name),
      subresource: text(subresource),
      name: text(object),
      namespace: text(namespace),
    };
  }
  return isRecord(path) ? { verb: text(path['verb']), path: text(path['path']) } : undefined;
}

interface Reviewed {
  object: Record<string, unknown>;
  spec: Record<string, unknown>;
}

function reviewed(cluster: ClusterState, request: ResourceRequest, raw: Record<string, unknown>): Reviewed {
  const object = intake(request.type, raw, { validation: 'Ignore', warnings: [] });
  return { object: ownUpdate(writeContext(cluster, request, []), undefined, object), spec: object.spec ?? {} };
}

/** The real server's errors name no kind here. */
const NAMELESS = { group: 'authorization.k8s.io', resource: '', kind: '' };

function accessReview(userOf: (spec: Record<string, unknown>, request: ResourceRequest) => User): Review {
  return (cluster, request, raw) => {
    const { object, spec } = reviewed(cluster, request, raw);
    const attributes = attributesOf(spec);
    if (attributes === undefined) {
      const detail = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
      throw invalid(NAMELESS, '', [fieldError.invalid('spec.resourceAttributes', null, detail)]);
    }
    checkLocal(request, spec, attributes);
    const allowed = cluster.rbac.allows(userOf(spec, request), attributes);
    return { ...object, status: { allowed } };
  };
}

function checkLocal(
  { type, namespace }: ResourceRequest,
  spec: Record<string, unknown>,
  attributes: AccessAttributes,
): void {
  if (type.kind !== 'SelfSubjectAccessReview' && text(spec['user']) === '' && strings(spec['groups']).length === 0) {
    throw invalid(NAMELESS, '', [
      fieldError.invalid('spec.user', '', 'at least one of user or group must be specified'),
    ]);
  }
  if (type.kind === 'LocalSubjectAccessReview' && attributes.namespace !== namespace) {
    const detail = `must match metadata.namespace: ${namespace}`;
    throw invalid(NAMELESS, '', [
      fieldError.invalid('spec.resourceAttributes.namespace', attributes.namespace ?? '', detail),
    ]);
  }
}

const namedUser = (spec: Record<string, unknown>): User => ({
  name: text(spec['user']),
  groups: strings(spec['groups']),
});

const tokenReview: Review = (cluster, request, raw) => {
  const { object, spec } = reviewed(cluster, request, raw);
  const token = text(spec['token']);
  if (token === '') throw badRequest('token is required for TokenReview in authentication');
  const asked = strings(spec['audiences']);
  const verified = cluster.tokens.verify(token, asked.length === 0 ? undefined : asked);
  if (verified === undefined) return { ...object, status: { user: {}, error: cluster.tokens.whyNot(token, asked) } };
  return { ...object, status: { authenticated: true, user: userInfo(verified.user), audiences: verified.audiences } };
};

const rulesReview: Review = (cluster, request, raw) => {
  const { object, spec } = reviewed(cluster, request, raw);
  const namespace = text(at(spec, 'namespace'));
  if (namespace === '') throw badRequest('no namespace on request');
  const everything = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] };
  const rules: PolicyRule[] = isMaster(request.user)
    ? [everything, { verbs: ['*'], nonResourceURLs: ['*'] }]
    : [...cluster.rbac.rulesOf(request.user, ''), ...cluster.rbac.rulesOf(request.user, namespace)];
  return {
    ...object,
    status: {
      resourceRules: rules.filter(({ nonResourceURLs }) => nonResourceURLs === undefined),
      nonResourceRules: rules.filter(({ nonResourceURLs }) => nonResourceURLs !== undefined),
      incomplete: false,
    },
  };
};

/** Kinds that are questions: created, answered and not stored. By `<group>/<Kind>`. */
export const reviewKinds: Record<string, Review> = {
  'authorization.k8s.io/SubjectAccessReview': accessReview(namedUser),
  'authorization.k8s.io/LocalSubjectAccessReview': accessReview(namedUser),
  'authorization.k8s.io/SelfSubjectAccessReview': accessReview((_spec, { user }) => user),
  'authorization.k8s.io/SelfSubjectRulesReview': rulesReview,
  'authentication.k8s.io/TokenReview': tokenReview,
  'authentication.k8s.io/SelfSubjectReview': (cluster, request, raw) => {
    const { object } = reviewed(cluster, request, raw);
    const { spec: _none, ...review } = object;
    const metadata = { creationTimestamp: rfc3339(cluster.now()) };
    return { ...review, metadata, status: { userInfo: userInfo(request.user) } };
  },
};
