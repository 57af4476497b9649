import { PACK_REASONS, type PackReason } from '../../crds/conditions.ts';
import { KINDS } from '../../crds/group.ts';
import type { Persona, PersonaPackStatus } from '../../crds/personapack.ts';
import { isApplied } from '../../shared/kube/applied.ts';
import { isDnsSubdomain } from '../../shared/kube/names.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';
import { CONFIG_MAPS, type Resource } from '../../shared/kube/resources.ts';
import type { Problem } from '../../shared/personas/pack-problems.ts';
import type { Action } from '../../shared/reconcile/plan.ts';
import type { PackConfig } from './config.ts';
import { cronOf } from './cron.ts';
import { memorySeeds } from './memory-seeds.ts';
import { personaInstanceOf } from './names.ts';
import type { Standing } from './observed.ts';
import { personaInstance } from './persona-instance.ts';
import { personaSchedule } from './persona-schedule.ts';

/** What becomes of one persona. With a problem nothing of it is made or changed, and what there is stays. */
export interface PersonaPlan {
  actions: Action[];
  installed?: NonNullable<PersonaPackStatus['installedPersonas']>[number];
  problem?: Problem;
  /** Said in the condition though nothing is wrong. */
  note?: string;
}

export const isExcluded = ({ primary }: Standing, { name }: Persona): boolean =>
  primary.spec.excludePersonas?.includes(name) === true;

/** `index` counts all personas of the pack, so that excluding one moves nobody's schedule. */
export function planPersona(seen: Standing, persona: Persona, index: number, config: PackConfig): PersonaPlan {
  const { primary: pack, instances, seeds } = seen;
  const { name, schedule } = persona;
  const refused = (reason: PackReason, message: string): PersonaPlan => ({
    actions: [],
    problem: { reason, message: `Persona "${name}": ${message}` },
  });
  if (pack.spec.personas.findIndex((one) => one.name === name) !== index) {
    return refused(PACK_REASONS.invalidPersona, `\`personas[${index}].name\` must not be that of another persona`);
  }
  const instanceName = personaInstanceOf(pack.metadata.name, name);
  if (!isDnsSubdomain(instanceName)) {
    return refused(
      PACK_REASONS.invalidPersona,
      `\`personas[${index}].name\` must consist of lower-case letters, digits and hyphens`,
    );
  }
  const cron = schedule === undefined ? undefined : cronFor(schedule, index);
  if (schedule !== undefined && cron === undefined) {
    const message = `\`schedule.interval\` must be of the form 30m, 6h or 1d and at most a day, not "${schedule.interval}"`;
    return refused(PACK_REASONS.invalidSchedule, message);
  }
  const existing = instances.find(({ metadata }) => metadata.name === instanceName);
  const seed = memorySeeds(pack, persona);
  const instance = personaInstance(pack, persona, config, existing);
  const timed = schedule && cron && personaSchedule(pack, name, schedule, cron.expression);
  const taken = [instance, ...(timed === undefined ? [] : [timed])].find((one) =>
    seen.taken.includes(`${one.kind}/${one.metadata.name}`),
  );
  if (taken !== undefined) {
    const message = `${taken.kind} "${taken.metadata.name}" belongs to something else; rename or remove it`;
    return refused(PACK_REASONS.nameTaken, message);
  }
  const seeded = existing !== undefined || seeds.some(({ metadata }) => metadata.name === seed?.metadata.name);
  return {
    actions: [
      // Before the instance, which would otherwise begin an empty memory [CTL-WP5].
      ...(seed === undefined || seeded ? [] : [{ verb: 'apply' as const, resource: CONFIG_MAPS, object: seed }]),
      ...upToDate(KINDS.SympoziumInstance, existing, instance),
      ...(timed === undefined ? [] : upToDate(KINDS.SympoziumSchedule, scheduleIn(seen, timed), timed)),
    ],
    installed: { name, instanceName, ...(timed !== undefined && { scheduleName: timed.metadata.name }) },
    ...(cron?.rounded !== undefined && {
      note: `Persona "${name}": cron cannot say every ${schedule?.interval}; it runs every ${cron.rounded}`,
    }),
  };
}

const cronFor = ({ cron = '', interval = '' }: NonNullable<Persona['schedule']>, index: number) =>
  cron === '' ? cronOf(interval, index) : { expression: cron };

const scheduleIn = ({ schedules }: Standing, { metadata }: KubeObject): KubeObject | undefined =>
  schedules.find((one) => one.metadata.name === metadata.name);

function upToDate(resource: Resource, existing: KubeObject | undefined, desired: KubeObject): Action[] {
  const going = existing?.metadata.deletionTimestamp !== undefined;
  return going || (existing !== undefined && isApplied(existing, desired))
    ? []
    : [{ verb: 'apply', resource, object: desired }];
}
