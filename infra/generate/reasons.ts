import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as conditions from '../../crds/conditions.ts';
import type { Kind } from '../../crds/group.ts';
import type { Condition } from '../../crds/meta.ts';
import { ROOT } from '../bundle/bundle.ts';

/** A reason that a condition can have, and what it means. */
export interface Reason {
  /** Type of the condition. */
  type: string;
  status: Condition['status'];
  reason: string;
  meaning: string;
}

/** The main condition of each kind, and the list in `crds/conditions.ts` that its reasons are in, once it has some. */
const MAIN_CONDITIONS: Readonly<Record<Kind, { type: string; reasons?: keyof typeof conditions }>> = {
  AgentRun: { type: conditions.CONDITIONS.succeeded, reasons: 'RUN_REASONS' },
  SympoziumInstance: { type: conditions.CONDITIONS.ready, reasons: 'INSTANCE_REASONS' },
  SkillPack: { type: conditions.CONDITIONS.ready, reasons: 'SKILL_PACK_REASONS' },
  SympoziumPolicy: { type: conditions.CONDITIONS.ready, reasons: 'POLICY_REASONS' },
  PersonaPack: { type: conditions.CONDITIONS.ready, reasons: 'PACK_REASONS' },
  SympoziumSchedule: { type: conditions.CONDITIONS.ready, reasons: 'SCHEDULE_REASONS' },
  MCPServer: { type: conditions.CONDITIONS.ready, reasons: 'MCP_SERVER_REASONS' },
  SympoziumConfig: { type: conditions.CONDITIONS.ready, reasons: 'CONFIG_REASONS' },
};

/** Further conditions with reasons of their own. */
const FURTHER_CONDITIONS: Partial<typeof MAIN_CONDITIONS> = {
  MCPServer: { type: conditions.CONDITIONS.toolsDiscovered, reasons: 'TOOL_REASONS' },
};

const LISTS = new Map<string, object | string>(Object.entries(conditions));

/** A heading that says which status the reasons below it go with, or a reason with its comment. */
const PART = /\/\/ (True|False|Unknown)\b.*|\/\*\*([\s\S]*?)\*\/\s*\w+: '(\w+)'/g;

/**
 * The reasons of a kind's conditions, with the comments of `crds/conditions.ts` as their meanings. Throws when one has no
 * comment or no status, and when a list there belongs to no kind here.
 */
export function reasonsOf(kind: Kind): Reason[] {
  const unlisted = [...LISTS.keys()]
    .filter((name) => name.endsWith('_REASONS'))
    .filter(
      (name) => ![MAIN_CONDITIONS, FURTHER_CONDITIONS].flatMap(Object.values).some(({ reasons }) => reasons === name),
    );
  if (unlisted.length > 0) throw new Error(`infra/generate/reasons.ts does not say whose ${unlisted.join()} are`);
  return [MAIN_CONDITIONS[kind], FURTHER_CONDITIONS[kind]].flatMap((condition) =>
    condition?.reasons === undefined ? [] : documentedReasons(condition.type, condition.reasons),
  );
}

function documentedReasons(type: string, list: keyof typeof conditions): Reason[] {
  const source = readFileSync(join(ROOT, 'crds/conditions.ts'), 'utf8');
  const [, body = ''] = new RegExp(`^export const ${list} = \\{\n([\\s\\S]*?)^\\} as const`, 'm').exec(source) ?? [];
  const found: Reason[] = [];
  let status: Reason['status'] | undefined;
  for (const [, heading, comment = '', reason = ''] of body.matchAll(PART)) {
    if (heading !== undefined) status = heading as Reason['status'];
    else if (status === undefined) throw new Error(`crds/conditions.ts does not say which status goes with ${reason}`);
    else found.push({ type, status, reason, meaning: comment.replaceAll(/\s*\n\s*\*\s?/g, ' ').trim() });
  }
  const undocumented = Object.values(LISTS.get(list) ?? {}).filter(
    (value) => !found.some(({ reason }) => reason === value),
  );
  if (undocumented.length > 0) throw new Error(`crds/conditions.ts does not say what ${undocumented.join()} means`);
  return found;
}
