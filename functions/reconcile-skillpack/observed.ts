import type { SkillPack } from '../../crds/skillpack.ts';
import type { ConfigMap } from './config-map.ts';

/** What a pass saw. Plain JSON, so that a pass can be stored and run again. */
export type Observed = { stage: 'gone'; primary: undefined } | Standing;

export interface Standing {
  stage: 'standing';
  primary: SkillPack;
  /** What has the name of the pack's ConfigMap: its own, something else's, or nothing. */
  configMap: ConfigMap | 'foreign' | 'absent';
}
