import { runSubject } from '../../shared/bus/subjects.ts';
import { literal } from '../../shared/pods/env.ts';
import { imageOf } from '../../shared/pods/images.ts';
import type { Container } from '../../shared/pods/pod.ts';
import { HARDENED } from '../../shared/pods/security.ts';
import { traceparent } from './agent-container.ts';
import { imagesOf, type RunBuild, telemetryOf } from './run-build.ts';

/** The bridge between the pod's files and the bus (AgentRun spec, 3.5.2). */
export function bridgeContainer(build: RunBuild): Container {
  const { run, config } = build;
  const { name, namespace = '', uid = '' } = run.metadata;
  const credentials = config.POD_EVENT_BUS_CREDENTIALS;
  return {
    name: 'ipc-bridge',
    image: imageOf('ipc-bridge', imagesOf(build)),
    imagePullPolicy: 'IfNotPresent',
    env: [
      literal('AGENT_RUN_ID', name),
      literal('INSTANCE_NAME', run.spec.instanceRef),
      literal('AGENT_NAMESPACE', namespace),
      literal('EVENT_BUS_URL', config.POD_EVENT_BUS_URL),
      literal('RUN_SUBJECT', runSubject({ namespace, name, uid })),
      ...(credentials === undefined ? [] : [literal('EVENT_BUS_CREDENTIALS', credentials.reveal())]),
      ...traceparent(build),
      ...telemetryOf(build),
    ],
    resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { cpu: '100m', memory: '128Mi' } },
    securityContext: HARDENED,
    volumeMounts: [{ name: 'ipc', mountPath: '/ipc' }],
  };
}
