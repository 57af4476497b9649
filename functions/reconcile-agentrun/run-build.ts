import type { AgentRun } from '../../crds/agentrun.ts';
import type { Resolution } from '../../crds/agentrun-status.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import type { ImageSource } from '../../shared/pods/images.ts';
import { observabilityEnv } from '../../shared/pods/observability-env.ts';
import type { EnvVar } from '../../shared/pods/pod.ts';
import type { RunConfig } from './config.ts';
import type { ResolvedMcpServer } from './mcp-servers.ts';
import type { FoundSkill } from './skills.ts';

/** Everything that the objects of a run are built from. The same build gives the same objects, byte for byte. */
export interface RunBuild {
  run: AgentRun;
  resolution: Resolution;
  instance: SympoziumInstance;
  /** The skills of `resolution` whose pack exists, in its order. */
  skills: readonly FoundSkill[];
  /** The MCP servers whose tools the agent is offered. */
  mcpServers: readonly ResolvedMcpServer[];
  config: RunConfig;
}

export const imagesOf = ({ config }: RunBuild): ImageSource => ({
  registry: config.SYMPOZIUM_IMAGE_REGISTRY,
  tag: config.SYMPOZIUM_IMAGE_TAG,
});

export function telemetryOf({ run, instance }: RunBuild): EnvVar[] {
  const { name, namespace = '' } = run.metadata;
  return observabilityEnv(instance.spec.observability, { instance: run.spec.instanceRef, run: name, namespace });
}

/** Skills whose sidecar runs beside the agent: it has an image, and is not for servers only [RUN-045]. */
export function taskSidecars({ skills }: Pick<RunBuild, 'skills'>) {
  return skills.flatMap((skill) => {
    const { sidecar } = skill.pack.spec;
    return sidecar === undefined || sidecar.image === '' || sidecar.requiresServer === true
      ? []
      : [{ ...skill, sidecar }];
  });
}

export type TaskSidecar = ReturnType<typeof taskSidecars>[number];
