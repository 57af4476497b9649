/** Secrets of skills: where one is not in the run's namespace, the run gets a copy of that beside its pack [RUN-W52]. */
import type { AgentRun } from '../../../crds/agentrun.ts';
import type { Resolution } from '../../../crds/agentrun-status.ts';
import { COMPONENTS, LABELS } from '../../../crds/labels.ts';
import type { SkillPack } from '../../../crds/skillpack.ts';
import { fitName } from '../../../shared/kube/names.ts';
import { controllerReference } from '../../../shared/kube/objects.ts';
import { SECRETS } from '../../../shared/kube/resources.ts';
import type { Action } from '../../../shared/reconcile/plan.ts';
import type { ObserveContext } from '../../../shared/reconcile/reconciler.ts';
import type { RunBuild, SidecarSkill } from '../pod/run-build.ts';

export type SkillSecret = NonNullable<Resolution['skillSecrets']>[number];

/** Those of the packs whose Secret is not in the run's namespace. Only looked for: no pass holds what is in them. */
export async function observeSkillSecrets(
  { metadata: { namespace = '' } }: AgentRun,
  packs: Readonly<Record<string, SkillPack>>,
  { kube, signal }: ObserveContext,
): Promise<SkillSecret[]> {
  const exists = async (from: string, name: string): Promise<boolean> =>
    (await kube.get(SECRETS, { namespace: from, name }, { metadataOnly: true, signal })) !== undefined;
  const all = await Promise.all(
    Object.entries(packs).map(async ([skill, { metadata, spec }]): Promise<SkillSecret[]> => {
      const { secretRef: secret = '' } = spec.sidecar ?? {};
      if (secret === '' || (await exists(namespace, secret))) return [];
      const from = metadata.namespace ?? '';
      const copied = from !== namespace && (await exists(from, secret));
      return [{ skill, secret, ...(copied && { copyOf: from }) }];
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
  const { name, namespace = '' } = run.metadata;
  return copied(resolution).map(({ skill, secret, from }) => ({
    verb: 'copySecret',
    from: { namespace: from, name: secret },
    object: {
      apiVersion: 'v1',
      kind: SECRETS.kind,
      metadata: {
        name: copyOf(run, skill),
        namespace,
        labels: {
          [LABELS.agentRun]: fitName(name),
          [LABELS.component]: COMPONENTS.skillPackMirror,
          [LABELS.managedBy]: 'sympozium',
        },
        ownerReferences: [controllerReference(run)],
      },
    },
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
