import { parseQuantity } from '../../shared/kube/quantity.ts';
import { imageOf } from '../../shared/pods/images.ts';
import type { Container } from '../../shared/pods/pod.ts';
import { HARDENED } from '../../shared/pods/security.ts';
import { imagesOf, type RunBuild } from './run-build.ts';

/** A container of its own for commands (AgentRun spec, 3.5.6). */
export function sandboxContainer(build: RunBuild): Container {
  const { run, resolution } = build;
  return {
    name: 'sandbox',
    image: run.spec.sandbox?.image || resolution.sandboxDefaults?.image || imageOf('sandbox', imagesOf(build)),
    imagePullPolicy: 'IfNotPresent',
    command: ['sleep', 'infinity'],
    resources: {
      requests: within({ cpu: '100m', memory: '256Mi' }, resolution),
      limits: within({ cpu: '500m', memory: '512Mi' }, resolution),
    },
    securityContext: HARDENED,
    volumeMounts: [
      { name: 'workspace', mountPath: '/workspace' },
      { name: 'tmp', mountPath: '/tmp' },
    ],
  };
}

/** No more than the policy lets a sandbox have. */
function within({ cpu, memory }: Amounts, { sandboxDefaults = {} }: RunBuild['resolution']): Amounts {
  return { cpu: lesser(cpu, sandboxDefaults.maxCPU), memory: lesser(memory, sandboxDefaults.maxMemory) };
}

interface Amounts {
  cpu: string;
  memory: string;
}

function lesser(amount: string, max = ''): string {
  const [ours, bound] = [parseQuantity(amount), parseQuantity(max)];
  return ours === undefined || bound === undefined || ours <= bound ? amount : max;
}
