import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { ClusterState } from '../cluster-state.ts';
import type { User } from '../http/request.ts';
import { badRequest, forbidden, unauthorized } from '../status.ts';
import { isMaster } from './rbac.ts';

const ADMIN: User = { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };

function equal(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Who sends the request: the admin's token, a ServiceAccount's, or someone one of them may speak for. 401 for everyone else. */
export function authenticate(cluster: ClusterState, adminToken: string, request: IncomingMessage): User {
  const [scheme = '', token = ''] = (request.headers.authorization ?? '').split(' ');
  if (scheme.toLowerCase() !== 'bearer' || token === '') throw unauthorized();
  const user = equal(token, adminToken) ? ADMIN : cluster.tokens.verify(token)?.user;
  if (user === undefined) throw unauthorized();
  return request.headers['impersonate-user'] === undefined && request.headers['impersonate-group'] === undefined
    ? user
    : impersonated(cluster, user, request.rawHeaders);
}

interface Wanted {
  user: string;
  uid: string;
  groups: string[];
  extra: Record<string, string[]>;
}

function wantedOf(rawHeaders: readonly string[]): Wanted {
  const wanted: Wanted = { user: '', uid: '', groups: [], extra: {} };
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    const value = rawHeaders[index + 1] ?? '';
    if (name === 'impersonate-user') wanted.user = value;
    else if (name === 'impersonate-uid') wanted.uid = value;
    else if (name === 'impersonate-group') wanted.groups.push(value);
    else if (name.startsWith('impersonate-extra-')) {
      const key = decodeURIComponent(name.slice('impersonate-extra-'.length));
      wanted.extra[key] = [...(wanted.extra[key] ?? []), value];
    }
  }
  return wanted;
}

function impersonated(cluster: ClusterState, as: User, rawHeaders: readonly string[]): User {
  const { user, uid, groups, extra } = wantedOf(rawHeaders);
  if (user === '') throw badRequest('requested impersonation without impersonating a user');
  const check = (resource: string, name: string, namespace = '', group = ''): void => {
    if (isMaster(as) || cluster.rbac.allows(as, { verb: 'impersonate', group, resource, name, namespace })) return;
    const scope = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
    throw forbidden(
      { group, resource, kind: '' },
      name,
      `User "${as.name}" cannot impersonate resource "${resource}" in API group "${group}" ${scope}`,
    );
  };
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user);
  if (account === null) check('users', user);
  else check('serviceaccounts', account[2] ?? '', account[1]);
  for (const group of groups) check('groups', group);
  if (uid !== '') check('uids', uid, '', 'authentication.k8s.io');
  for (const [key, values] of Object.entries(extra))
    for (const value of values) check(`userextras/${key}`, value, '', 'authentication.k8s.io');
  return {
    name: user,
    ...(uid === '' ? {} : { uid }),
    groups: groupsOf(account, groups),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

function groupsOf(account: RegExpExecArray | null, asked: readonly string[]): string[] {
  const own =
    account !== null && asked.length === 0 ? ['system:serviceaccounts', `system:serviceaccounts:${account[1]}`] : [];
  const all = [...asked, ...own];
  return all.includes('system:authenticated') ? all : [...all, 'system:authenticated'];
}
