import { runCredentials } from '../../../shared/bus/credentials.ts';
import { runSubject } from '../../../shared/bus/subjects.ts';
import { literal } from '../../../shared/pods/env.ts';
import { imageOf } from '../../../shared/pods/images.ts';
import type { Container, EnvVar } from '../../../shared/pods/pod.ts';
import { HARDENED } from '../../../shared/pods/security.ts';
import { toolAccessEnv } from '../../../shared/pods/tool-access.ts';
import { parseGoDuration } from '../../../shared/runs/go-duration.ts';
import { isGated } from '../hooks/hooks.ts';
import { traceparent } from './agent-container.ts';
import { imagesOf, type RunBuild, telemetryOf } from './run-build.ts';

/** The bridge between the pod's files and the bus (AgentRun spec, 3.5.2). */
export function bridgeContainer(build: RunBuild): Container {
  const { run, config } = build;
  const { name, namespace = '', uid = '' } = run.metadata;
  return {
    name: 'ipc-bridge',
    image: imageOf('ipc-bridge', imagesOf(build)),
    imagePullPolicy: 'IfNotPresent',
    env: [
      literal('AGENT_RUN_ID', name),
      literal('INSTANCE_NAME', run.spec.instanceRef),
      literal('AGENT_NAMESPACE', namespace),
      literal('EVENT_BUS_URL', config.POD_EVENT_BUS_URL),
      ...(isGated(build.resolution) ? [literal('GATE_SUPPRESS_COMPLETION', 'true')] : []),
      literal('RUN_SUBJECT', runSubject({ namespace, name, uid })),
      ...(build.mcpServers.length > 0 ? [literal('MCP_ENABLED', 'true')] : []),
      ...credentials(build),
      ...toolAccessEnv(build.resolution.tools ?? {}),
      ...traceparent(build),
      ...telemetryOf(build),
    ],
    resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { cpu: '100m', memory: '128Mi' } },
    securityContext: HARDENED,
    volumeMounts: [{ name: 'ipc', mountPath: '/ipc' }],
  };
}

/** A day for waiting before the pod starts, beyond what the run itself may take. */
const WAITING_SECONDS = 86_400;

/** The run's own, good for its own subjects only [RUN-W26a]. They follow from the run, so a repeated apply changes nothing. */
function credentials({ run, resolution, config }: RunBuild): EnvVar[] {
  const { name, namespace = '', uid = '', creationTimestamp = '' } = run.metadata;
  const secret = config.POD_EVENT_BUS_SECRET;
  if (secret === undefined) return [];
  const seconds = Math.ceil(parseGoDuration(resolution.timeout) ?? 0) + WAITING_SECONDS;
  const text = runCredentials(
    secret.reveal(),
    { namespace, name, uid },
    { from: new Date(creationTimestamp), seconds },
  );
  return [literal('EVENT_BUS_CREDENTIALS', text)];
}
