import type { Manifest } from '../../infra/local/content/apply.ts';

interface Served {
  group: string;
  version: string;
}

const definition = (
  { group, version }: Served,
  kind: string,
  plural: string,
  scope: 'Cluster' | 'Namespaced' = 'Namespaced',
): Manifest => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {
    name: `${plural}.${group}`,
    // The API server takes definitions of a *.k8s.io group only with this.
    annotations: { 'api-approved.kubernetes.io': 'unapproved, a stand-in for tests' },
  },
  spec: {
    group,
    names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
    scope,
    versions: [
      {
        name: version,
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
              status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
            },
          },
        },
        subresources: { status: {} },
      },
    ],
  },
});

const GATEWAY: Served = { group: 'gateway.networking.k8s.io', version: 'v1' };

/** The agent-sandbox API, as far as runs use it. */
export const SANDBOX_API: Manifest[] = [
  definition({ group: 'agents.x-k8s.io', version: 'v1alpha1' }, 'Sandbox', 'sandboxes'),
];

/** What a server's route is. */
export const HTTP_ROUTE_API: Manifest[] = [definition(GATEWAY, 'HTTPRoute', 'httproutes')];

/** The part of the Gateway API that a configuration uses. As in the capture, all of these take any content. */
export const GATEWAY_API: Manifest[] = [
  definition(GATEWAY, 'Gateway', 'gateways'),
  definition(GATEWAY, 'GatewayClass', 'gatewayclasses', 'Cluster'),
];
