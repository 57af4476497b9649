import * as z from 'zod';
import { KINDS, SYSTEM_NAMESPACE } from '../../crds/group.ts';
import { LABELS } from '../../crds/labels.ts';
import type { SympoziumPolicy } from '../../crds/sympoziumpolicy.ts';
import type { ReadObject } from '../kube/first-found.ts';
import { NAMESPACES } from '../kube/resources.ts';

/** Variables that say where the policies are that nobody who writes instances can leave out. */
export const policyEnvironment = {
  SYMPOZIUM_SYSTEM_NAMESPACE: z
    .string()
    .default(SYSTEM_NAMESPACE)
    .describe('Namespace searched for SympoziumPolicies, SkillPacks and MCPServers after that of the run.'),
  SYMPOZIUM_FLOOR_POLICY: z
    .string()
    .default('')
    .describe(
      'SympoziumPolicy of the system namespace that binds every run, besides that of its instance, in namespaces without the label `sympozium.ai/policy`.',
    ),
};
type PolicyConfig = z.output<z.ZodObject<typeof policyEnvironment>>;

/** The policy that binds all runs of a namespace, whatever their instances name [CTL-WA3]. Plain JSON. */
export interface Floor {
  name: string;
  /** Who names it. */
  by: string;
  /** Undefined when there is none of the name; no run may start then. */
  policy: SympoziumPolicy | undefined;
}

/** It is named by a label of the Namespace, which its tenants cannot write, and lies in the system namespace for the same reason. */
export async function observeFloor(
  namespace: string,
  config: PolicyConfig,
  read: ReadObject,
): Promise<Floor | undefined> {
  const own = (await read(NAMESPACES, { name: namespace }))?.metadata.labels?.[LABELS.policy] ?? '';
  const name = own || config.SYMPOZIUM_FLOOR_POLICY;
  if (name === '') return undefined;
  const policy = await read<SympoziumPolicy>(KINDS.SympoziumPolicy, {
    namespace: config.SYMPOZIUM_SYSTEM_NAMESPACE,
    name,
  });
  return {
    name,
    by: own === '' ? 'SYMPOZIUM_FLOOR_POLICY' : `label ${LABELS.policy} of Namespace "${namespace}"`,
    policy,
  };
}

/** All that bind a run: its instance's, and the floor unless that is the same. */
export function policiesOf({
  policy,
  floor,
}: {
  policy: SympoziumPolicy | undefined;
  floor?: Floor | undefined;
}): SympoziumPolicy[] {
  const own = policy?.metadata;
  const house = floor?.policy?.metadata;
  const same = own?.name === house?.name && own?.namespace === house?.namespace;
  return [policy, same ? undefined : floor?.policy].filter((one) => one !== undefined);
}

/** The first policy that is named and is not there, in the words of the API server, and who names it where that is not the instance. */
export function missingPolicy(
  policyRef: string,
  { policy, floor }: { policy: SympoziumPolicy | undefined; floor?: Floor | undefined },
): { name: string; why: string } | undefined {
  if (policyRef !== '' && policy === undefined) return absent(policyRef);
  return floor === undefined || floor.policy !== undefined ? undefined : absent(floor.name, ` (named by ${floor.by})`);
}

const absent = (name: string, by = '') => ({ name, why: `SympoziumPolicy.sympozium.ai "${name}" not found${by}` });
