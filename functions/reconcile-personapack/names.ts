import { fitName } from '../../shared/kube/names.ts';

export const personaInstanceOf = (pack: string, persona: string): string => fitName(`${pack}-${persona}`);

export const personaScheduleOf = (pack: string, persona: string): string => fitName(`${pack}-${persona}-schedule`);

/** The instance's own legacy memory, so it is named as the instance names it. */
export const personaMemoryOf = (pack: string, persona: string): string => `${personaInstanceOf(pack, persona)}-memory`;
