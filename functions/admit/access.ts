import type { KubeClient } from '../../shared/kube/client.ts';
import type { May } from './admit-lent.ts';

const PATH = '/apis/authorization.k8s.io/v1/subjectaccessreviews';

/** Asks the API server. Throws when it does not answer: nothing is lent on a guess. */
export function createAccess(kube: KubeClient): May {
  return async (
    { username, groups, uid, extra },
    { verb, group, resource: full, name, inCluster },
    namespace,
    signal,
  ) => {
    const [resource, subresource] = full.split('/', 2);
    const resourceAttributes = {
      verb,
      group,
      resource,
      ...(subresource !== undefined && { subresource }),
      ...(name !== undefined && { name }),
      ...(inCluster !== true && { namespace }),
    };
    const spec = { user: username, groups, uid, extra, resourceAttributes };
    const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec };
    const { status } = await kube.json<{ status?: { allowed?: boolean } }>({
      method: 'POST',
      path: PATH,
      body,
      signal,
    });
    return status?.allowed === true;
  };
}
