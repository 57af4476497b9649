import { imageOf } from '../../shared/pods/images.ts';
import type { Container } from '../../shared/pods/pod.ts';
import { HARDENED } from '../../shared/pods/security.ts';
import { imagesOf, type RunBuild } from './run-build.ts';

/** A container of its own for commands (AgentRun spec, 3.5.6). */
export function sandboxContainer(build: RunBuild): Container {
  return {
    name: 'sandbox',
    image: build.run.spec.sandbox?.image || imageOf('sandbox', imagesOf(build)),
    imagePullPolicy: 'IfNotPresent',
    command: ['sleep', 'infinity'],
    resources: { requests: { cpu: '100m', memory: '256Mi' }, limits: { cpu: '500m', memory: '512Mi' } },
    securityContext: HARDENED,
    volumeMounts: [
      { name: 'workspace', mountPath: '/workspace' },
      { name: 'tmp', mountPath: '/tmp' },
    ],
  };
}
