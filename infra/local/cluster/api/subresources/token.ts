import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { ISSUER } from '../auth/tokens.ts';
import type { ClusterState } from '../cluster-state.ts';
import { readObject } from '../http/body.ts';
import type { ResourceRequest } from '../http/request.ts';
import { sendJson } from '../http/respond.ts';
import { isRecord, rfc3339 } from '../object.ts';
import { conflict, fieldError, invalid, notFound } from '../status.ts';
import { decodeAs } from '../types/decode.ts';

const SUBJECT = { group: 'authentication.k8s.io', resource: 'tokenrequests', kind: 'TokenRequest' };
const HOUR = 3600;
const MIN_SECONDS = 600;
const MAX_SECONDS = 2 ** 32;

/** The TokenRequest of a ServiceAccount: a token for audiences, for some time, at most as long as the object it is bound to. */
export async function issueToken(
  cluster: ClusterState,
  request: ResourceRequest,
  response: ServerResponse,
): Promise<void> {
  const { namespace, name, type } = request;
  const body = await readObject(request.raw);
  const decoded = decodeAs('io.k8s.api.authentication.v1.TokenRequest', body);
  const spec = isRecord(decoded['spec']) ? decoded['spec'] : {};
  const account = cluster.store.get('serviceaccounts', `${namespace}/${name}`)?.object;
  if (account === undefined) throw notFound(type, name);
  const seconds = typeof spec['expirationSeconds'] === 'number' ? spec['expirationSeconds'] : HOUR;
  const causes = [
    ...(seconds < MIN_SECONDS
      ? [fieldError.invalid('spec.expirationSeconds', seconds, 'may not specify a duration less than 10 minutes')]
      : []),
    ...(seconds > MAX_SECONDS
      ? [fieldError.invalid('spec.expirationSeconds', seconds, 'may not specify a duration larger than 2^32 seconds')]
      : []),
  ];
  if (causes.length > 0) throw invalid(SUBJECT, '', causes);
  const asked = Array.isArray(spec['audiences']) ? spec['audiences'].map(String) : [];
  const audiences = asked.length === 0 ? [ISSUER] : asked;
  const bound = boundObject(cluster, namespace, spec['boundObjectRef']);
  const claim = { namespace, name, uid: account.metadata.uid ?? '', audiences, expirationSeconds: seconds };
  const { token, expirationTimestamp } = cluster.tokens.issue(bound === undefined ? claim : { ...claim, bound });
  const status = { token, expirationTimestamp: rfc3339(expirationTimestamp) };
  const answer = {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, uid: randomUUID(), creationTimestamp: rfc3339(cluster.now()) },
    spec: { audiences, expirationSeconds: seconds, boundObjectRef: bound ?? null },
    status,
  };
  sendJson(response, 201, JSON.stringify(answer));
}

function boundObject(cluster: ClusterState, namespace: string, reference: unknown) {
  if (!isRecord(reference)) return undefined;
  const { kind, name, uid } = reference;
  const resource = kind === 'Pod' ? 'pods' : kind === 'Secret' ? 'secrets' : undefined;
  if (resource === undefined) {
    throw invalid(SUBJECT, '', [
      fieldError.invalid('spec.boundObjectRef', `${kind}`, `cannot bind token for serviceaccount to type ${kind}`),
    ]);
  }
  const object = cluster.store.get(resource, `${namespace}/${name}`)?.object;
  const subject = { group: '', resource, kind: `${kind}` };
  if (object === undefined) throw notFound(subject, `${name}`);
  if (uid !== undefined && uid !== '' && uid !== object.metadata.uid) {
    throw conflict(
      subject,
      `${name}`,
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  }
  return { kind: `${kind}`, apiVersion: 'v1', name: `${name}`, uid: object.metadata.uid ?? '' };
}
