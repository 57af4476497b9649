import { expect, it } from 'vitest';
import { isWrite, requestKind } from './request-kind.ts';

const APPLY = 'application/apply-patch+yaml';

it.each([
  ['GET', '/api/v1/namespaces/a/pods?labelSelector=x', undefined, 'list pods'],
  ['GET', '/api/v1/pods?watch=true', undefined, 'watch pods'],
  ['GET', '/apis/batch/v1/namespaces/a/jobs/j', undefined, 'get jobs'],
  ['GET', '/api/v1/namespaces/a', undefined, 'get namespaces'],
  ['GET', '/api/v1/namespaces/a/pods/p/log?container=agent', undefined, 'get pods/log'],
  ['PATCH', '/apis/sympozium.ai/v1alpha1/namespaces/a/agentruns/r/status', APPLY, 'apply agentruns/status'],
  ['PATCH', '/apis/sympozium.ai/v1alpha1/namespaces/a/agentruns/r', 'application/merge-patch+json', 'patch agentruns'],
  ['POST', '/api/v1/namespaces/a/serviceaccounts/s/token', undefined, 'create serviceaccounts/token'],
  ['GET', '/version', undefined, 'get /version'],
])('names verb and resource when it is asked to %s %s', (method, url, contentType, kind) => {
  expect(requestKind(method, url, contentType)).toBe(kind);
});

it('takes a kind as a write when its verb changes the cluster', () => {
  expect(['apply jobs', 'delete pods', 'create configmaps', 'patch agentruns'].every(isWrite)).toBe(true);
  expect(['get jobs', 'list pods', 'watch pods', 'create serviceaccounts/token'].some(isWrite)).toBe(false);
});
