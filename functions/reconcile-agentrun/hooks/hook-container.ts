import type { AgentRun } from '../../../crds/agentrun.ts';
import { literal, literals } from '../../../shared/pods/env.ts';
import type { Container, EnvVar, VolumeMount } from '../../../shared/pods/pod.ts';
import { HARDENED } from '../../../shared/pods/security.ts';
import { SKILL_TOKEN_MOUNT } from '../rights/skill-access.ts';
import type { Hook } from './hooks.ts';

interface HookSurroundings {
  run: AgentRun;
  /** Variables of the moment, which the run's own may override. */
  told?: EnvVar[];
  /** Variables that nobody overrides. */
  fixed?: EnvVar[];
  mounts: VolumeMount[];
  /** Whether the hook may use the API server. */
  access: boolean;
}

/** A hook's init container (AgentRun spec, 3.5.8 and 3.10). */
export function hookContainer(hook: Hook, { run, told = [], fixed = [], mounts, access }: HookSurroundings): Container {
  const { container, image, command = [], args = [], env = [] } = hook;
  return {
    name: container,
    image,
    imagePullPolicy: 'IfNotPresent',
    ...(command.length > 0 && { command }),
    ...(args.length > 0 && { args }),
    env: overridden([
      ...baseEnv(run),
      ...told,
      ...literals(run.spec.env),
      ...env.map(({ name, value }) => literal(name, value)),
      ...fixed,
    ]),
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '500m', memory: '512Mi' } },
    securityContext: HARDENED,
    volumeMounts: [...mounts, ...(access ? [SKILL_TOKEN_MOUNT] : [])],
  };
}

export const WORKSPACE_MOUNT: VolumeMount = { name: 'workspace', mountPath: '/workspace' };
export const TMP_MOUNT: VolumeMount = { name: 'tmp', mountPath: '/tmp' };
export const IPC_MOUNT: VolumeMount = { name: 'ipc', mountPath: '/ipc' };

function baseEnv({ metadata, spec }: AgentRun): EnvVar[] {
  return [
    literal('AGENT_RUN_ID', metadata.name),
    literal('INSTANCE_NAME', spec.instanceRef),
    literal('AGENT_NAMESPACE', metadata.namespace ?? ''),
  ];
}

/** The later of two variables of a name counts, before the agent and after it alike: the hook's own is the last [RUN-W48]. */
function overridden(env: readonly EnvVar[]): EnvVar[] {
  return env.filter(({ name }, index) => env.findLastIndex((one) => one.name === name) === index);
}
