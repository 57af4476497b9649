import { LABELS } from '../../crds/labels.ts';
import type { PersonaPack } from '../../crds/personapack.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';

/** Name of the pack that an instance belongs to; empty when to none. */
export const packOf = ({ metadata }: SympoziumInstance): string => metadata.labels?.[LABELS.personaPack] ?? '';

/** The instance of a persona that is installed. */
export const installedAs = ({ status }: PersonaPack, persona: string): string | undefined =>
  status?.installedPersonas?.find(({ name }) => name === persona)?.instanceName;

/** The persona that an instance is. */
export const personaOf = ({ status }: PersonaPack, instance: string): string | undefined =>
  status?.installedPersonas?.find(({ instanceName }) => instanceName === instance)?.name;

/**
 * Whether one persona may have the other do a task: where a pack says anything of who works with whom, it must say so of these
 * two (controllers spec, 3.9).
 */
export function mayDelegate({ spec }: PersonaPack, source: string, target: string): boolean {
  const { relationships = [] } = spec;
  return (
    relationships.length === 0 ||
    relationships.some(
      (one) => one.source === source && one.target === target && ['delegation', 'sequential'].includes(one.type),
    )
  );
}
