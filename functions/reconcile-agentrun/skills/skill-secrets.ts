/** Secrets of skills: where one is not in the run's namespace, the run gets a copy of that beside its pack [RUN-W52]. */
import type { AgentRun } from '../../../crds/agentrun.ts';
import type { Resolution } from '../../../crds/agentrun-status.ts';
import type { SkillPack } from '../../../crds/skillpack.ts';
import { given } from '../../../shared/given.ts';
import { firstFound, type ReadObject } from '../../../shared/kube/first-found.ts';
import { fitName } from '../../../shared/kube/names.ts';
import { SECRETS } from '../../../shared/kube/resources.ts';
import type { Action } from '../../../shared/reconcile/plan.ts';
import type { ObserveContext } from '../../../shared/reconcile/reconciler.ts';
import type { RunBuild, SidecarSkill } from '../pod/run-build.ts';
import { mirrorMetadata } from './mirror.ts';

export type SkillSecret = NonNullable<Resolution['skillSecrets']>[number];

/** Those of the packs whose Secret is not in the run's namespace. Only looked for: no pass holds what is in them. */
export async function observeSkillSecrets(
  { metadata: { namespace = '' } }: AgentRun,
  packs: Readonly<Record<string, SkillPack>>,
  { kube, signal }: ObserveContext,
): Promise<SkillSecret[]> {
  const read: ReadObject = (resource, at) => kube.get(resource, at, { metadataOnly: true, signal });
  const all = await Promise.all(
    Object.entries(packs).map(async ([skill, { metadata, spec }]): Promise<SkillSecret[]> => {
      const { secretRef: secret = '' } = spec.sidecar ?? {};
      if (secret === '') return [];
      const found = await firstFound(read, SECRETS, secret, [namespace, metadata.namespace ?? '']);
      const from = found?.metadata.namespace;
      return from === namespace ? [] : [{ skill, secret, ...given({ copyOf: from }) }];
    }),
  );
  return all.flat();
}

const copyOf = ({ metadata }: AgentRun, skill: string): string => fitName(`${metadata.name}-secret-${skill}`, 253);

/** Name of the Secret that the sidecar mounts: it may be missing, as the original has it, and then the status says so. */
export function secretNameFor({ run, resolution }: RunBuild, { name, sidecar }: SidecarSkill): string {
  const found = resolution.skillSecrets?.find(({ skill }) => skill === name);
  return found?.copyOf === undefined ? (sidecar.secretRef ?? '') : copyOf(run, name);
}

const copied = ({ skillSecrets = [] }: Partial<Resolution>) =>
  skillSecrets.flatMap(({ copyOf: from, ...one }) => (from === undefined ? [] : [{ ...one, from }]));

export function secretCopies({ run, resolution }: RunBuild): Action[] {
  return copied(resolution).map(({ skill, secret, from }) => ({
    verb: 'copySecret',
    from: { namespace: from, name: secret },
    object: { apiVersion: 'v1', kind: SECRETS.kind, metadata: mirrorMetadata(run, copyOf(run, skill)) },
  }));
}

/** The copies go when the run is over, not when it is forgotten. */
export function secretRemovals(run: AgentRun, resolution: Resolution | undefined): Action[] {
  const { namespace = '' } = run.metadata;
  return copied(resolution ?? {}).map(({ skill }) => ({
    verb: 'delete',
    target: { resource: SECRETS, namespace, name: copyOf(run, skill) },
    propagation: 'Background',
  }));
}

/** What a run does without, for people to see; empty when it has all. */
export function withoutSecrets({ skillSecrets = [] }: Resolution): string {
  const missing = skillSecrets.filter(({ copyOf: from }) => from === undefined);
  return missing.map(({ skill, secret }) => `Secret "${secret}" of skill "${skill}" was not found`).join(', ');
}
