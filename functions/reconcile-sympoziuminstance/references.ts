import { INSTANCE_REASONS, type InstanceReason } from '../../crds/conditions.ts';
import { KINDS } from '../../crds/group.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import { isDnsSubdomain } from '../../shared/kube/names.ts';
import { CONFIG_MAPS, type Resource, SECRETS } from '../../shared/kube/resources.ts';
import type { Standing } from './observed.ts';

/** Why an instance is not as its spec asks, in words for who wrote it. */
export interface Problem {
  reason: InstanceReason;
  message: string;
}

/** Something that the spec names, and where in it. */
interface Reference {
  field: string;
  resource: Resource;
  name: string;
  /** Also looked for in the system's namespace. */
  shared?: true;
  missing: InstanceReason;
}

/** Skills that the control plane itself provides; their SkillPacks may be absent. */
const OWN_SKILLS = new Set(['memory', 'web-endpoint']);

/** What the spec refers to, apart from the Secrets of channels. */
function referencesOf({ spec }: SympoziumInstance): Reference[] {
  const { policyRef = '', authRefs = [], skills = [] } = spec;
  const references: Reference[] = [
    {
      field: 'policyRef',
      resource: KINDS.SympoziumPolicy,
      name: policyRef,
      missing: INSTANCE_REASONS.policyNotFound,
    },
    ...authRefs.map(({ secret }, index) => ({
      field: `authRefs[${index}].secret`,
      resource: SECRETS,
      name: secret,
      missing: INSTANCE_REASONS.secretNotFound,
    })),
    ...skills.flatMap(({ skillPackRef = '', configMapRef = '' }, index): Reference[] => {
      const missing = INSTANCE_REASONS.skillNotFound;
      const pack = skillPackRef.replace(/^skillpack-/, '');
      const name = OWN_SKILLS.has(pack) ? '' : pack;
      return [
        { field: `skills[${index}].skillPackRef`, resource: KINDS.SkillPack, name, shared: true, missing },
        { field: `skills[${index}].configMapRef`, resource: CONFIG_MAPS, name: configMapRef, missing },
      ];
    }),
  ];
  return references.filter(({ name }) => name.trim() !== '');
}

const keyOf = (resource: Resource, name: string): string => `${resource.kind}/${name}`;

/** What has to be looked for, each once; names that cannot be are left out. */
export function lookupsOf(
  instance: SympoziumInstance,
): { key: string; resource: Resource; name: string; shared: boolean }[] {
  const channels = (instance.spec.channels ?? []).map(({ configRef }) => ({
    resource: SECRETS,
    name: configRef?.secret ?? '',
    shared: false,
  }));
  const others = referencesOf(instance).map(({ resource, name, shared = false }) => ({ resource, name, shared }));
  const all = [...channels, ...others].filter(({ name }) => isDnsSubdomain(name));
  return [...new Map(all.map((one) => [keyOf(one.resource, one.name), one])).entries()].map(([key, one]) => ({
    key,
    ...one,
  }));
}

export const isFound = ({ found }: Standing, resource: Resource, name: string): boolean =>
  found.includes(keyOf(resource, name));

/** References that lead nowhere. */
export function danglingReferences(seen: Standing): Problem[] {
  return referencesOf(seen.primary)
    .filter(({ resource, name }) => !isFound(seen, resource, name))
    .map(({ field, resource, name, missing }) =>
      isDnsSubdomain(name)
        ? { reason: missing, message: `\`${field}\`: ${resource.kind} "${name}" not found` }
        : invalidReference(field, resource.kind, name),
    );
}

export const invalidReference = (field: string, kind: string, name: string): Problem => ({
  reason: INSTANCE_REASONS.invalidReference,
  message: `\`${field}\` must be the name of a ${kind} in the namespace of the instance, not "${name}"`,
});
