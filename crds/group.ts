/**
 * The API group and the names of its kinds, free of any schema library so that every program can import it.
 * To add a kind: a line here, a module beside this one, and its entry in `definitions.ts` (the compiler asks for it).
 */

export const GROUP = 'sympozium.ai';
export const VERSION = 'v1alpha1';
export const API_VERSION = `${GROUP}/${VERSION}` as const;

/** Where the control plane lives unless it is configured otherwise. */
export const SYSTEM_NAMESPACE = 'sympozium-system';

/** Names of a kind and where it is served. */
export interface KindNames<Kind extends string = string> {
  readonly group: typeof GROUP;
  readonly version: typeof VERSION;
  readonly namespaced: true;
  readonly kind: Kind;
  readonly plural: string;
  readonly singular: string;
  /** What kubectl takes besides the plural. The original has none; ours are additive. */
  readonly shortNames: readonly string[];
}

const named = <Kind extends string>(kind: Kind, plural: string, shortName: string): KindNames<Kind> => ({
  group: GROUP,
  version: VERSION,
  namespaced: true,
  kind,
  plural,
  singular: kind.toLowerCase(),
  shortNames: [shortName],
});

/** All kinds are namespaced, have a status subresource and belong to the category `sympozium`. */
export const KINDS = {
  AgentRun: named('AgentRun', 'agentruns', 'ar'),
  SympoziumInstance: named('SympoziumInstance', 'sympoziuminstances', 'si'),
  SkillPack: named('SkillPack', 'skillpacks', 'skp'),
  SympoziumPolicy: named('SympoziumPolicy', 'sympoziumpolicies', 'spol'),
  PersonaPack: named('PersonaPack', 'personapacks', 'pp'),
  SympoziumSchedule: named('SympoziumSchedule', 'sympoziumschedules', 'ssched'),
  MCPServer: named('MCPServer', 'mcpservers', 'mcp'),
  SympoziumConfig: named('SympoziumConfig', 'sympoziumconfigs', 'scfg'),
} as const;

export type Kind = keyof typeof KINDS;

/** Name of the CustomResourceDefinition of a kind, e.g. `agentruns.sympozium.ai`. */
export const crdName = (kind: Kind): string => `${KINDS[kind].plural}.${GROUP}`;
