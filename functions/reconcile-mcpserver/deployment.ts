import { createHash } from 'node:crypto';
import { ANNOTATIONS } from '../../crds/labels.ts';
import type { McpServer } from '../../crds/mcpserver.ts';
import { marked } from '../../shared/kube/applied.ts';
import { controllerReference } from '../../shared/kube/objects.ts';
import { literal, literals } from '../../shared/pods/env.ts';
import { type McpServerConfig, ownImage } from './config.ts';
import { serverLabels } from './labels.ts';
import type { Deployment, Existing } from './observed.ts';

type ServerDeployment = NonNullable<McpServer['spec']['deployment']>;

const STDIO_PORT = 8080;
const ADAPTER = { name: 'adapter-bin', mountPath: '/adapter' };

/** Port of the server's Service and container (controllers spec, 7.1). */
export const portOf = ({ spec }: McpServer): number =>
  spec.transportType === 'stdio' ? STDIO_PORT : (spec.deployment?.port ?? STDIO_PORT);

/** The pods of a server (controllers spec, 7.1). None is deployed for one that runs elsewhere. */
export function serverDeployment(
  { primary, secrets }: Pick<Existing, 'primary' | 'secrets'>,
  config: McpServerConfig,
): Deployment | undefined {
  const { metadata, spec } = primary;
  const { deployment } = spec;
  if (deployment === undefined) return undefined;
  const { name, namespace = '' } = metadata;
  const { serviceAccountName = '', secretRefs = [] } = deployment;
  const labels = serverLabels(name);
  return marked({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels, ownerReferences: [controllerReference(primary)] },
    spec: {
      // As in the original, none means one.
      replicas: spec.replicas || 1,
      selector: { matchLabels: labels },
      template: {
        metadata: {
          labels,
          // Variables are read when a container starts, so other Secrets need other pods [CTL-WM6].
          ...(secretRefs.length > 0 && { annotations: { [ANNOTATIONS.secrets]: versionOf(secrets) } }),
        },
        spec: {
          // Whoever names an account wants its token.
          ...(serviceAccountName === '' ? { automountServiceAccountToken: false } : { serviceAccountName }),
          ...(spec.transportType === 'stdio' ? stdioPod(name, deployment, config) : httpPod(primary, deployment)),
        },
      },
    },
  });
}

const versionOf = (secrets: Readonly<Record<string, string>>): string =>
  createHash('sha256')
    .update(JSON.stringify(Object.entries(secrets).sort()))
    .digest('hex')
    .slice(0, 16);

const common = ({ image, resources }: ServerDeployment) => ({
  name: 'mcp-server',
  image,
  imagePullPolicy: 'IfNotPresent',
  ...(resources !== undefined && { resources }),
});

const CONNECTS = {
  initialDelaySeconds: 3,
  periodSeconds: 5,
  timeoutSeconds: 1,
  successThreshold: 1,
  failureThreshold: 3,
};

function httpPod(server: McpServer, deployment: ServerDeployment) {
  const { cmd = '', args = [], env, secretRefs = [] } = deployment;
  const port = portOf(server);
  const variables = literals(env);
  return {
    containers: [
      {
        ...common(deployment),
        ...(cmd !== '' && { command: [cmd] }),
        ...(args.length > 0 && { args }),
        ...(variables.length > 0 && { env: variables }),
        ...(secretRefs.length > 0 && { envFrom: secretRefs.map(({ name }) => ({ secretRef: { name } })) }),
        ports: [{ containerPort: port, protocol: 'TCP' }],
        readinessProbe: { ...CONNECTS, tcpSocket: { port } },
      },
    ],
  };
}

/** The server's own program, started by an adapter that an init container puts beside it. */
function stdioPod(name: string, deployment: ServerDeployment, config: McpServerConfig) {
  const { secretRefs = [] } = deployment;
  const probe = { periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 5 };
  return {
    initContainers: [
      {
        name: 'inject-adapter',
        image: ownImage('mcp-bridge', config),
        imagePullPolicy: 'IfNotPresent',
        args: ['--install', ADAPTER.mountPath],
        volumeMounts: [ADAPTER],
      },
    ],
    containers: [
      {
        ...common(deployment),
        command: [`${ADAPTER.mountPath}/mcp-bridge`, '--stdio-adapter'],
        env: stdioEnv(name, deployment),
        // The keys are the kubelet's to know.
        ...(secretRefs.length > 0 && {
          envFrom: secretRefs.map((ref) => ({ prefix: 'STDIO_ENV_', secretRef: { name: ref.name } })),
        }),
        ports: [{ containerPort: STDIO_PORT, protocol: 'TCP' }],
        livenessProbe: {
          ...probe,
          httpGet: { path: '/healthz', port: STDIO_PORT },
          initialDelaySeconds: 30,
          periodSeconds: 15,
        },
        readinessProbe: { ...probe, httpGet: { path: '/readyz', port: STDIO_PORT }, initialDelaySeconds: 1 },
        volumeMounts: [{ ...ADAPTER, readOnly: true }],
      },
    ],
    volumes: [{ name: ADAPTER.name, emptyDir: {} }],
  };
}

function stdioEnv(name: string, { cmd = '', args = [], env = {} }: ServerDeployment) {
  const own = Object.fromEntries(Object.entries(env).map(([key, value]) => [`STDIO_ENV_${key}`, value]));
  return [
    literal('MCP_STDIO_ADAPTER', 'true'),
    literal('STDIO_CMD', cmd),
    // Arguments may hold commas [CTL-WM6].
    ...(args.length > 0 ? [literal('STDIO_ARGS_JSON', JSON.stringify(args))] : []),
    literal('STDIO_SERVER_NAME', name),
    literal('STDIO_PORT', String(STDIO_PORT)),
    literal('LD_LIBRARY_PATH', `${ADAPTER.mountPath}/lib`),
    ...literals(own),
  ];
}
