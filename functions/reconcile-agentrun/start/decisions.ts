import type { Decision } from '../../../crds/agentrun-status.ts';
import type { KubeObject } from '../../../shared/kube/objects.ts';

/** Who may decide something, and what they say of it; nothing or an empty text says nothing. */
export type Says<T> = readonly [from: string, value: T | undefined];

export const THE_RUN = 'the run';

/** An object by kind and name, as decisions name it. Items of lists come without their kind. */
export const named = (kind: string, { metadata }: Pick<KubeObject, 'metadata'>): string => `${kind} "${metadata.name}"`;

/** The first who says something. */
export function firstOf<T>(...candidates: readonly Says<T>[]): { from: string; value: T } | undefined {
  for (const [from, value] of candidates) if (value !== undefined && value !== '') return { from, value };
  return undefined;
}

/** One for each field that somebody decided, in the order given. */
export function decisions(fields: Readonly<Record<string, { from: string } | undefined>>): Decision[] {
  return Object.entries(fields).flatMap(([field, decided]) =>
    decided === undefined ? [] : [{ field, from: decided.from }],
  );
}
