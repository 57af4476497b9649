import { parseQuantity } from '../../../shared/kube/quantity.ts';
import { literal } from '../../../shared/pods/env.ts';
import { imageOf } from '../../../shared/pods/images.ts';
import type { Container, EnvVar } from '../../../shared/pods/pod.ts';
import { HARDENED } from '../../../shared/pods/security.ts';
import { toolAccessEnv } from '../../../shared/pods/tool-access.ts';
import { imagesOf, type RunBuild, sidecarsOf } from './run-build.ts';

/** Name that commands find it by. */
const SANDBOX = 'sandbox';

/** Its executors, besides those of skills: the sandbox, where its image is ours and so has one. */
export const sandboxExecutors = (build: RunBuild): string[] =>
  build.run.spec.sandbox?.enabled === true && givenImage(build) === '' ? [SANDBOX] : [];

const givenImage = ({ run, resolution }: RunBuild): string =>
  run.spec.sandbox?.image || (resolution.sandboxDefaults?.image ?? '');

/**
 * A container of its own for commands (AgentRun spec, 3.5.6). Ours executes them, those that no skill is better for [RUN-W50]; another
 * image idles, as in the original, since what is in it is not known.
 */
export function sandboxContainer(build: RunBuild): Container {
  const { resolution } = build;
  const executes = sandboxExecutors(build).length > 0;
  const own = executes ? { env: executorEnv(build) } : { command: ['sleep', 'infinity'] };
  return {
    name: SANDBOX,
    image: givenImage(build) || imageOf('sandbox', imagesOf(build)),
    imagePullPolicy: 'IfNotPresent',
    ...own,
    resources: {
      requests: within({ cpu: '100m', memory: '256Mi' }, resolution),
      limits: within({ cpu: '500m', memory: '512Mi' }, resolution),
    },
    securityContext: HARDENED,
    volumeMounts: [
      ...(executes ? [{ name: 'ipc', mountPath: '/ipc' }] : []),
      { name: 'workspace', mountPath: '/workspace' },
      { name: 'tmp', mountPath: '/tmp' },
    ],
  };
}

const executorEnv = (build: RunBuild): EnvVar[] => [
  literal('SKILL_NAME', SANDBOX),
  // Tools of skills are in their sidecars alone: a command that names nobody is for one of those.
  ...(sidecarsOf(build).length > 0 ? [literal('EXEC_NAMED_ONLY', 'true')] : []),
  ...toolAccessEnv(build.resolution.tools ?? {}),
];

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
