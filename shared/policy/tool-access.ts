import type { SympoziumPolicySpec } from '../../crds/sympoziumpolicy.ts';
import type { ToolPolicy } from '../../crds/tool-policy.ts';
import type { ToolAccess } from '../pods/tool-access.ts';

/** The tools that are gone when a feature gate is closed. */
export const GATED_TOOLS: Readonly<Record<string, readonly string[]>> = {
  'code-execution': ['execute_command'],
  'sub-agents': ['delegate_to_persona'],
  'browser-automation': ['fetch_url'],
  'file-access': ['read_file', 'write_file', 'list_directory'],
};

/**
 * What the tools of a run come down to, from what the run asks for and what its policy allows [CTL-WA2] [CTL-WX3]. An action that
 * is not `allow` denies: nobody can be asked while an agent works, and a word that is not known must not open anything.
 */
export function toolAccess(
  run: ToolPolicy | undefined,
  policy: Pick<SympoziumPolicySpec, 'toolGating' | 'featureGates'> | undefined,
): ToolAccess {
  const { defaultAction = 'allow', rules = [] } = policy?.toolGating ?? {};
  const gates = Object.entries(policy?.featureGates ?? {}).filter(([, open]) => !open);
  const refused = rules.filter(({ action }) => action !== 'allow').map(({ tool }) => tool);
  const permitted = rules.filter(({ action }) => action === 'allow').map(({ tool }) => tool);
  const own = (run?.allow ?? []).length > 0 ? run?.allow : undefined;
  const allow = defaultAction === 'allow' ? own : (own ?? permitted).filter((tool) => permitted.includes(tool));
  return {
    ...(allow !== undefined && { allow: [...allow] }),
    deny: [...new Set([...(run?.deny ?? []), ...refused, ...gates.flatMap(([gate]) => GATED_TOOLS[gate] ?? [])])],
  };
}
