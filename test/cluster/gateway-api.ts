import type { Manifest } from '../../infra/local/content/apply.ts';

const definition = (kind: string, plural: string, scope: 'Cluster' | 'Namespaced'): Manifest => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {
    name: `${plural}.gateway.networking.k8s.io`,
    // The API server takes definitions of a *.k8s.io group only with this.
    annotations: { 'api-approved.kubernetes.io': 'unapproved, a stand-in for tests' },
  },
  spec: {
    group: 'gateway.networking.k8s.io',
    names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
    scope,
    versions: [
      {
        name: 'v1',
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

/** What a server's route is; as above. */
export const HTTP_ROUTE_API: Manifest[] = [definition('HTTPRoute', 'httproutes', 'Namespaced')];

/** The part of the Gateway API that a configuration uses; as in the capture, it takes any content. */
export const GATEWAY_API: Manifest[] = [
  definition('Gateway', 'gateways', 'Namespaced'),
  definition('GatewayClass', 'gatewayclasses', 'Cluster'),
];
