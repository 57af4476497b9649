import type { Resolution } from '../../../crds/agentrun-status.ts';
import { RUN_REASONS } from '../../../crds/conditions.ts';
import { LABELS } from '../../../crds/labels.ts';
import type { PersonaPack } from '../../../crds/personapack.ts';
import type { SympoziumInstance } from '../../../crds/sympoziuminstance.ts';
import { type Capability, type MemoryAccess, memoryUrl } from '../../../shared/memory/capability.ts';
import { literal } from '../../../shared/pods/env.ts';
import type { EnvVar } from '../../../shared/pods/pod.ts';
import type { RunConfig } from '../config.ts';
import { failure } from '../failure.ts';
import type { Missing } from '../start/admission.ts';
import type { RunBuild } from './run-build.ts';

const MEMORY_SKILL = 'memory';

export const hasMemorySkill = ({ skills }: Resolution): boolean =>
  skills.some(({ skillPackRef }) => skillPackRef === MEMORY_SKILL);

/** What the run may do with the memory that its pack shares; undefined without one. The first rule for its persona counts. */
export function sharedAccess(instance: SympoziumInstance, pack: PersonaPack | undefined): MemoryAccess | undefined {
  const { enabled, accessRules = [] } = pack?.spec.sharedMemory ?? {};
  if (enabled !== true) return undefined;
  const persona = instance.metadata.labels?.[LABELS.persona];
  return accessRules.find((rule) => rule.persona === persona)?.access ?? 'read-write';
}

/** The memory of the run's instance, for runs with the skill `memory` (AgentRun spec, 3.9). */
export function ownMemoryEnv({ run, resolution, config }: RunBuild): EnvVar[] {
  if (!hasMemorySkill(resolution)) return [];
  const { namespace = '' } = run.metadata;
  const owner = { kind: 'instance', namespace, name: run.spec.instanceRef } as const;
  return addressed('MEMORY_SERVER_URL', config, { owner, access: 'read-write' });
}

/** The memory that the personas of the run's pack share. The address itself is read-only where the rule says so [API-W57]. */
export function sharedMemoryEnv({ run, resolution, config }: RunBuild): EnvVar[] {
  const { personaPack = '', sharedMemory: access } = resolution;
  if (access === undefined) return [];
  const owner = { kind: 'pack', namespace: run.metadata.namespace ?? '', name: personaPack } as const;
  return [
    ...addressed('WORKFLOW_MEMORY_SERVER_URL', config, { owner, access }),
    literal('WORKFLOW_MEMORY_ACCESS', access),
  ];
}

function addressed(name: string, config: RunConfig, capability: Capability): EnvVar[] {
  const secret = config.POD_MEMORY_SECRET;
  return secret === undefined ? [] : [literal(name, memoryUrl(config.POD_MEMORY_URL, secret.reveal(), capability))];
}

/** As long as the original waits for a memory server [RUN-014] [RUN-015]. */
const GRACE_SECONDS = 120;

/** A run that is to remember begins only where there is memory; fails the run once its grace is over. */
export function missingMemory({ run, resolution, config }: RunBuild, now: Date): Missing | undefined {
  const wanted = hasMemorySkill(resolution) || resolution.sharedMemory !== undefined;
  if (!wanted || config.POD_MEMORY_SECRET !== undefined) return undefined;
  const age = (now.getTime() - Date.parse(run.metadata.creationTimestamp ?? '')) / 1000;
  const why = failure(
    RUN_REASONS.memoryUnavailable,
    `memory of SympoziumInstance "${run.spec.instanceRef}" is not available: POD_MEMORY_SECRET is not set; set it for the functions, and MEMORY_SECRETS for the relay`,
  );
  return { failure: why, inSeconds: Number.isNaN(age) ? 0 : GRACE_SECONDS - age };
}
