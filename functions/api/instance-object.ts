import { API_VERSION } from '../../crds/group.ts';
import type { SympoziumInstanceInput } from '../../crds/sympoziuminstance.ts';
import { PROVIDER_ANNOTATION } from './annotations.ts';
import { withApprovalGate } from './approval-gate.ts';
import type { CreateInstance } from './instance-request.ts';
import { defaultBaseUrl } from './providers.ts';

const MEMORY = { enabled: true, maxSizeKB: 256 };
const OBSERVABILITY = { enabled: true, serviceName: 'sympozium' };

/** The SympoziumInstance of a request. `secret` is the Secret with the provider's key, undefined when there is none. Pure. */
export function instanceFor(
  request: CreateInstance,
  namespace: string,
  secret: string | undefined,
): SympoziumInstanceInput {
  const { name, provider, model, policyRef, skills, channels, nodeSelector, agentSandbox, runTimeout } = request;
  const baseURL = request.baseURL || defaultBaseUrl(provider);
  return {
    apiVersion: API_VERSION,
    kind: 'SympoziumInstance',
    metadata: {
      name,
      namespace,
      // With a key the provider stands beside it; without one the spec has no place for it (API-W38).
      ...(secret === undefined && { annotations: { [PROVIDER_ANNOTATION]: provider } }),
    },
    spec: {
      agents: {
        default: {
          model,
          ...(baseURL !== undefined && { baseURL }),
          ...(nodeSelector !== undefined && Object.keys(nodeSelector).length > 0 && { nodeSelector }),
          ...(agentSandbox !== undefined && { agentSandbox }),
          ...(runTimeout && { runTimeout }),
          ...(request.requireApproval === true && { lifecycle: withApprovalGate(undefined) }),
        },
      },
      memory: MEMORY,
      observability: OBSERVABILITY,
      ...(secret !== undefined && { authRefs: [{ provider, secret }] }),
      ...(policyRef && { policyRef }),
      ...(skills !== undefined && skills.length > 0 && { skills }),
      ...(channels !== undefined &&
        channels.length > 0 && {
          // Clients of the original find a `configRef` on every channel.
          channels: channels.map((channel) => ({ ...channel, configRef: channel.configRef ?? { secret: '' } })),
        }),
    },
  };
}
