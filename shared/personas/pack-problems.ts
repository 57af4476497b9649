import { PACK_REASONS, type PackReason } from '../../crds/conditions.ts';
import type { PersonaPackSpec } from '../../crds/personapack.ts';

/** Why a pack is not as its spec asks, in words for who wrote it. */
export interface Problem {
  reason: PackReason;
  message: string;
}

/** Kinds of relationship along which work is handed on; supervision only looks. */
const HANDS_ON = new Set(['delegation', 'sequential']);
const QUANTITY = /^\d+(\.\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$/;

/** What is wrong with the pack as a whole. Nothing of such a pack is changed, rather than half of it. */
export function packProblems({ personas, relationships = [], sharedMemory }: PersonaPackSpec): Problem[] {
  const names = new Set(personas.map(({ name }) => name));
  const wrong = (reason: PackReason, message: string): Problem => ({ reason, message });
  const unknown = relationships.flatMap(({ source, target }, index) =>
    [source, target]
      .filter((name) => !names.has(name))
      .map((name) => `\`relationships[${index}]\` names the persona "${name}", which the pack does not have`),
  );
  const cycle = cycleIn(relationships.filter(({ type }) => HANDS_ON.has(type)));
  const rules = sharedMemory?.accessRules ?? [];
  const memory = rules.flatMap(({ persona }, index) =>
    names.has(persona)
      ? []
      : [`\`sharedMemory.accessRules[${index}].persona\` names "${persona}", which the pack does not have`],
  );
  const { storageSize = '1Gi' } = sharedMemory ?? {};
  const size = QUANTITY.test(storageSize)
    ? []
    : [`\`sharedMemory.storageSize\` must be a quantity such as 1Gi, not "${storageSize}"`];
  return [
    ...unknown.map((message) => wrong(PACK_REASONS.invalidRelationships, message)),
    ...(cycle === undefined
      ? []
      : [
          wrong(
            PACK_REASONS.invalidRelationships,
            `\`relationships\` must not lead back to where they began: ${cycle.join(' → ')}`,
          ),
        ]),
    ...[...memory, ...size].map((message) => wrong(PACK_REASONS.invalidSharedMemory, message)),
  ];
}

interface Edge {
  source: string;
  target: string;
}

/** The first way found that leads back to where it began. */
function cycleIn(edges: readonly Edge[]): string[] | undefined {
  const targets = Map.groupBy(edges, ({ source }) => source);
  const done = new Set<string>();
  const walk = (at: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(at)) return [...path.slice(path.indexOf(at)), at];
    if (done.has(at)) return undefined;
    for (const { target } of targets.get(at) ?? []) {
      const found = walk(target, [...path, at]);
      if (found !== undefined) return found;
    }
    done.add(at);
    return undefined;
  };
  for (const { source } of edges) {
    const found = walk(source, []);
    if (found !== undefined) return found;
  }
  return undefined;
}
