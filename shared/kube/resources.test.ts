import { describe, expect, it } from 'vitest';
import { CLUSTER_ROLES, CONFIG_MAPS, JOBS, pathOf } from './resources.ts';

describe('the path of a resource', () => {
  it.each([
    ['a collection of all namespaces', pathOf(JOBS), '/apis/batch/v1/jobs'],
    ['a collection of one namespace', pathOf(CONFIG_MAPS, 'ns'), '/api/v1/namespaces/ns/configmaps'],
    ['an object', pathOf(JOBS, 'ns', 'a.b'), '/apis/batch/v1/namespaces/ns/jobs/a.b'],
    [
      'an object of the cluster, whatever the namespace',
      pathOf(CLUSTER_ROLES, '', 'a:b'),
      '/apis/rbac.authorization.k8s.io/v1/clusterroles/a%3Ab',
    ],
    [
      'a name with a slash',
      pathOf(CONFIG_MAPS, 'ns', '../secrets/x'),
      '/api/v1/namespaces/ns/configmaps/..%2Fsecrets%2Fx',
    ],
  ])('is the one that the API server has for it when it is that of %s', (_what, path, expected) => {
    expect(path).toBe(expected);
    expect(new URL(path, 'https://server').pathname).toBe(expected);
  });

  it.each(['', '.', '..'])('is refused when a name is %j, which a URL would drop', (name) => {
    expect(() => pathOf(CONFIG_MAPS, 'ns', name)).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
    expect(() => pathOf(CONFIG_MAPS, name, 'a')).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
  });
});
