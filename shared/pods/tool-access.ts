import { literal } from './env.ts';
import type { EnvVar } from './pod.ts';

/** Which tools may be used in a run: those in `allow`, all when it is absent, and none in `deny`. */
export interface ToolAccess {
  allow?: string[] | undefined;
  deny?: string[] | undefined;
}

export const isToolAllowed = ({ allow, deny = [] }: ToolAccess, tool: string): boolean =>
  !deny.includes(tool) && (allow === undefined || allow.includes(tool));

/** Stands for an empty list: a variable without a value could be taken for one that is not set, which allows all. */
const NONE = '-';

/** How the containers of a pod are told, in names parted by commas. */
export function toolAccessEnv({ allow, deny = [] }: ToolAccess): EnvVar[] {
  return [
    ...(allow === undefined ? [] : [literal('TOOLS_ALLOW', allow.join(',') || NONE)]),
    ...(deny.length === 0 ? [] : [literal('TOOLS_DENY', deny.join(','))]),
  ];
}

export function toolAccessFrom(env: Record<string, string | undefined>): ToolAccess {
  const { TOOLS_ALLOW: allow, TOOLS_DENY: deny = '' } = env;
  return { ...(allow !== undefined && { allow: names(allow) }), deny: names(deny) };
}

const names = (text: string): string[] =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== NONE);
