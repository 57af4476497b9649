import type { PersonaPack } from '../../crds/personapack.ts';
import type { SympoziumInstance } from '../../crds/sympoziuminstance.ts';
import type { SympoziumSchedule } from '../../crds/sympoziumschedule.ts';
import type { KubeObject } from '../../shared/kube/objects.ts';

/** What a pass saw. Plain JSON, so that a pass can be stored and run again. */
export type Observed = { stage: 'gone'; primary: undefined } | Standing;

export interface Standing {
  stage: 'standing' | 'deleting';
  primary: PersonaPack;
  /** Those that the pack controls. */
  instances: SympoziumInstance[];
  schedules: SympoziumSchedule[];
  /** ConfigMaps with what memories begin with, by their labels; those of the original have no owner. */
  seeds: KubeObject[];
  /** What a persona needs the name of and something else has, as `<kind>/<name>`. */
  taken: string[];
}
