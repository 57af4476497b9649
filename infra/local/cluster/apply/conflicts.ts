/** Conflicts of server-side apply, in the words of the real server. */
import { type FieldSet, listPaths } from './field-set.ts';
import type { Managed, Managers } from './managers.ts';
import type { ApplyConflict } from './types.ts';

/** One entry per field and other owner, by owner. */
export function describeConflicts(conflicts: ReadonlyMap<string, FieldSet>, managers: Managers): ApplyConflict[] {
  return [...conflicts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([id, fields]) => {
      const owner = managers.get(id);
      if (!owner) return [];
      return listPaths(fields).map((field) => ({
        manager: owner.manager,
        field,
        message: `conflict with ${printManager(owner)}`,
      }));
    });
}

function printManager({ manager, subresource, operation, apiVersion }: Managed): string {
  const name = JSON.stringify(manager) + (subresource ? ` with subresource ${JSON.stringify(subresource)}` : '');
  return operation === 'Update' ? `${name} using ${apiVersion}` : name;
}

/** The message of the Conflict status. */
export function conflictMessage(conflicts: readonly ApplyConflict[]): string {
  const [first] = conflicts;
  if (first && conflicts.length === 1) return `Apply failed with 1 conflict: ${first.message}: ${first.field}`;
  const lines: string[] = [];
  for (const [i, { message, field }] of conflicts.entries()) {
    if (conflicts[i - 1]?.message !== message) lines.push(`${message.replace('conflict', 'conflicts')}:`);
    lines.push(`- ${field}`);
  }
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`;
}
