import { MCP_SERVER_REASONS, type McpServerReason } from '../../crds/conditions.ts';
import type { McpServer } from '../../crds/mcpserver.ts';
import { isControlledBy } from '../../shared/kube/objects.ts';
import type { Existing } from './observed.ts';

/** Why a server cannot be brought up, in words for who wrote it. */
export interface Problem {
  reason: McpServerReason;
  message: string;
}

/** Name of a Service: it becomes a host name (RFC 1035). */
const SERVICE_NAME = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;

export const isExternal = ({ spec }: McpServer): boolean => (spec.url ?? '') !== '';

/** What is in the way. Nothing of such a server is changed, rather than half of it. */
export function problemsOf(seen: Existing): Problem[] {
  const { primary } = seen;
  if (isExternal(primary)) return urlProblem(primary.spec.url ?? '').map(invalid);
  const wrong = deploymentProblems(primary).map(invalid);
  return wrong.length > 0 ? wrong : [...takenNames(seen), ...missingSecrets(seen)];
}

const invalid = (message: string): Problem => ({ reason: MCP_SERVER_REASONS.invalidSpec, message });

function urlProblem(url: string): string[] {
  const wrong = '`url` must be an absolute http or https URL without user and password';
  if (!URL.canParse(url)) return [wrong];
  const { protocol, username, password } = new URL(url);
  return ['http:', 'https:'].includes(protocol) && username === '' && password === '' ? [] : [wrong];
}

function deploymentProblems({ metadata, spec }: McpServer): string[] {
  const { deployment, transportType } = spec;
  if (deployment === undefined) return ['`url` or `deployment` must be set'];
  return [
    ...(SERVICE_NAME.test(metadata.name)
      ? []
      : [
          '`metadata.name` must be that of a Service: up to 63 small letters, digits and dashes, beginning with a letter',
        ]),
    ...(transportType === 'stdio' && (deployment.cmd ?? '') === ''
      ? ['`deployment.cmd` must be set when `transportType` is stdio: the adapter starts it']
      : []),
  ];
}

function takenNames({ primary, deployment, service, networkPolicy }: Existing): Problem[] {
  return Object.entries({ Deployment: deployment, Service: service, NetworkPolicy: networkPolicy }).flatMap(
    ([kind, object]) =>
      object === undefined || isControlledBy(object, primary)
        ? []
        : [
            {
              reason: MCP_SERVER_REASONS.nameTaken,
              message: `${kind} "${primary.metadata.name}" exists and belongs to something else; rename the server, or remove it`,
            },
          ],
  );
}

function missingSecrets({ primary, secrets }: Existing): Problem[] {
  return (primary.spec.deployment?.secretRefs ?? []).flatMap(({ name }, index) =>
    name in secrets
      ? []
      : [
          {
            reason: MCP_SERVER_REASONS.secretNotFound,
            message: `\`deployment.secretRefs[${index}]\`: Secret "${name}" not found`,
          },
        ],
  );
}
