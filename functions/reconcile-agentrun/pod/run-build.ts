import type { AgentRun } from '../../../crds/agentrun.ts';
import type { Resolution } from '../../../crds/agentrun-status.ts';
import type { SkillSidecar } from '../../../crds/skillpack.ts';
import type { SympoziumInstance } from '../../../crds/sympoziuminstance.ts';
import { type ImageSource, imageSource } from '../../../shared/pods/images.ts';
import { observabilityEnv } from '../../../shared/pods/observability-env.ts';
import type { EnvVar } from '../../../shared/pods/pod.ts';
import type { RunConfig } from '../config.ts';
import type { ResolvedMcpServer } from '../mcp/mcp-servers.ts';
import type { FoundSkill } from '../skills/skills.ts';

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

export const imagesOf = ({ config }: RunBuild): ImageSource => imageSource(config);

export function telemetryOf({ run, instance }: RunBuild): EnvVar[] {
  const { name, namespace = '' } = run.metadata;
  return observabilityEnv(instance.spec.observability, { instance: run.spec.instanceRef, run: name, namespace });
}

export const isServer = ({ spec }: Pick<AgentRun, 'spec'>): boolean => spec.mode === 'server';

/** A skill with a sidecar that has an image. */
export interface SidecarSkill extends FoundSkill {
  sidecar: SkillSidecar;
}

/** The skills whose sidecars run: beside an agent those that are not for servers only [RUN-045], as a server the first that is. */
export function sidecarsOf({ run, skills }: Pick<RunBuild, 'run' | 'skills'>): SidecarSkill[] {
  const all = skills.flatMap((skill) => {
    const { sidecar } = skill.pack.spec;
    return sidecar === undefined || sidecar.image === '' ? [] : [{ ...skill, sidecar }];
  });
  if (isServer(run)) return all.filter(({ sidecar }) => sidecar.requiresServer === true).slice(0, 1);
  return all.filter(({ sidecar }) => sidecar.requiresServer !== true);
}
