import { ANNOTATIONS } from '../../../crds/labels.ts';
import { literal, literals } from '../../../shared/pods/env.ts';
import { imageOf } from '../../../shared/pods/images.ts';
import type { Container, EnvVar, VolumeMount } from '../../../shared/pods/pod.ts';
import { HARDENED } from '../../../shared/pods/security.ts';
import { toolAccessEnv } from '../../../shared/pods/tool-access.ts';
import { isTaskFile } from './input-config-map.ts';
import { ownMemoryEnv, sharedMemoryEnv } from './memory-env.ts';
import { imagesOf, type RunBuild, sidecarsOf, telemetryOf } from './run-build.ts';
import { sandboxExecutors } from './sandbox-container.ts';
import { hasLegacyMemory } from './volumes.ts';

/** The agent itself (AgentRun spec, 3.5.1). */
export function agentContainer(build: RunBuild): Container {
  const { authSecretRef } = build.resolution.model;
  return {
    name: 'agent',
    image: imageOf('agent-runner', imagesOf(build)),
    imagePullPolicy: 'IfNotPresent',
    env: agentEnv(build),
    ...(authSecretRef !== '' && { envFrom: [{ secretRef: { name: authSecretRef } }] }),
    resources: { requests: { cpu: '250m', memory: '512Mi' }, limits: { cpu: '1', memory: '1Gi' } },
    securityContext: HARDENED,
    volumeMounts: agentMounts(build),
  };
}

/** In the original's order, which decides what `spec.env` may override: all before it, nothing after it. */
function agentEnv(build: RunBuild): EnvVar[] {
  const { run, resolution } = build;
  const { spec, metadata } = run;
  const { model } = resolution;
  return [
    literal('AGENT_RUN_ID', metadata.name),
    literal('AGENT_ID', spec.agentId),
    literal('SESSION_KEY', spec.sessionKey),
    literal('INSTANCE_NAME', spec.instanceRef),
    literal('PERSONA_PACK_NAME', resolution.personaPack ?? ''),
    literal('AGENT_NAMESPACE', metadata.namespace ?? ''),
    literal('TASK', isTaskFile(run) ? '' : spec.task),
    literal('SYSTEM_PROMPT', resolution.systemPrompt),
    literal('MODEL_PROVIDER', model.provider),
    literal('MODEL_NAME', model.model),
    literal('MODEL_BASE_URL', model.baseURL ?? ''),
    literal('THINKING_MODE', model.thinking ?? ''),
    literal('RUN_TIMEOUT', resolution.timeout),
    ...traceparent(build),
    ...(hasLegacyMemory(build) ? [literal('MEMORY_ENABLED', 'true')] : []),
    ...ownMemoryEnv(build),
    ...literals(spec.env),
    literal('TOOLS_ENABLED', 'true'),
    ...toolAccessEnv(resolution.tools ?? {}),
    // Images of the original do not announce themselves, and a command without an executor fails at once [RUN-W30].
    literal('SKILL_EXECUTORS', [...sidecarsOf(build).map(({ name }) => name), ...sandboxExecutors(build)].join(',')),
    ...(build.mcpServers.length > 0 ? [literal('MCP_ENABLED', 'true')] : []),
    ...sharedMemoryEnv(build),
    ...annotation(build, 'SOURCE_CHANNEL', ANNOTATIONS.replyChannel),
    ...annotation(build, 'SOURCE_CHAT_ID', ANNOTATIONS.replyChatId),
    ...telemetryOf(build),
  ];
}

/** The trace that the run was created in, so that its spans join it [RUN-W05] [RUN-W38]. */
export const traceparent = (build: RunBuild): EnvVar[] => annotation(build, 'TRACEPARENT', ANNOTATIONS.traceparent);

function annotation({ run }: RunBuild, name: string, key: string): EnvVar[] {
  const value = run.metadata.annotations?.[key] ?? '';
  return value === '' ? [] : [literal(name, value)];
}

function agentMounts(build: RunBuild): VolumeMount[] {
  return [
    { name: 'workspace', mountPath: '/workspace' },
    { name: 'skills', mountPath: '/skills', readOnly: true },
    { name: 'ipc', mountPath: '/ipc' },
    { name: 'tmp', mountPath: '/tmp' },
    ...(hasLegacyMemory(build) ? [{ name: 'memory', mountPath: '/memory', readOnly: true }] : []),
    ...(isTaskFile(build.run)
      ? [{ name: 'task', mountPath: '/ipc/input/task.json', subPath: 'task.json', readOnly: true }]
      : []),
  ];
}
